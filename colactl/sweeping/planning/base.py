"""A composed config, and what is known about it that jobs which differ in single values have in common."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from omegaconf import AnyNode, OmegaConf

from colactl.composition import secrets
from colactl.composition.compose import Composed
from colactl.composition.hydra_port import node_at
from colactl.schema.key_path import Place
from colactl.sweeping.planning.containers import look_up
from colactl.sweeping.planning.interpolations import Interpolations


class Base:
    """A composed config that several jobs start from.

    Attributes:
        whole: As Hydra made it.
        live: The config without Hydra's node; jobs put their values into it for a while.
        raw: The same as plain containers, unresolved.
        interpolations: Those of `raw`.
        fixed: What those came to that no job's values can change.
        choices: The option in force of each group.
        subdir: `hydra.sweep.subdir`, unresolved.
    """

    def __init__(self, composed: Composed) -> None:
        self.whole = composed.whole
        self.live = composed.config
        raw: Any = OmegaConf.to_container(self.live)
        self.raw: dict[str, Any] = raw
        self.interpolations = Interpolations(raw)
        self.fixed: dict[Place, Any] = {}
        choices: Any = OmegaConf.to_container(composed.hydra.runtime.choices)
        self.choices: dict[str, str | None] = choices
        sweep: Any = OmegaConf.to_container(composed.hydra.sweep)
        self.subdir = str(sweep["subdir"])
        self._free: dict[Place, bool] = {}

    @cached_property
    def holds_a_secret(self) -> bool:
        """Whether it does even with no job's values."""
        return any(secrets.faults(self.live))

    @cached_property
    def naming(self) -> tuple[list[str], str, str]:
        """How Hydra makes `hydra.job.override_dirname`: the keys that it leaves out, and its two separators."""
        own = self.whole.hydra.job.config.override_dirname
        return list(own.exclude_keys), own.item_sep, own.kv_sep

    def is_free(self, place: Place) -> bool:
        """Whether a leaf is there that takes any value as it is, as all do that come from YAML."""
        if place not in self._free:
            self._free[place] = isinstance(look_up(self.raw, place[:-1]), dict) and self._is_untyped(place)
        return self._free[place]

    def _is_untyped(self, place: Place) -> bool:
        parent = node_at(self.live, place[:-1])
        return type(node_at(parent, place[-1:])) is AnyNode and not OmegaConf.is_readonly(parent)
