"""A base and a job's values become the job's config: checked, with its share of the cores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from functools import lru_cache, partial, reduce
from operator import getitem
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition import machine, secrets
from colactl.composition.hydra_port import filled_in, node_at, unresolved
from colactl.composition.session import explained
from colactl.composition.validate import follows_another, refuse, validate
from colactl.schema.check import Changes, examine
from colactl.schema.groups import GROUPS
from colactl.schema.key_path import Place
from colactl.sweeping.engines.launchers import runs_here, threads_for
from colactl.sweeping.planning.bases import Base
from colactl.sweeping.planning.containers import find_interpolations, put


class Configs:
    """Makes the configs of a sweep's jobs.

    Args:
        launcher: Hydra's, as the sweep has it.
    """

    def __init__(self, launcher: DictConfig) -> None:
        self._launcher = launcher
        self._here = runs_here(launcher)
        self._threads: dict[str, int] = {}
        self._leaf_fault = lru_cache(maxsize=None, typed=True)(secrets.leaf_fault)  # most jobs have the same few values

    def of(self, base: Base, values: Changes, overrides: Sequence[str]) -> tuple[dict[str, Any], Changes]:
        """The config of a job, unresolved, as `validate` completes it, and with a number of threads.

        Args:
            base: What was composed for it.
            values: What is different in this job.
            overrides: The job's, to name those at fault.

        Returns:
            Plain containers, and the values of the interpolations in them.

        Raises:
            ConfigError: With every fault of the config.
            DataError: Nothing is wrong but that files are not there.
        """
        config = deepcopy(base.raw)
        put(config, values)
        with base.holding(base.config, values):
            resolved = resolve(base.config, find_interpolations(config))
            if _has_aliases(config, resolved):
                return self._validated(base.config, overrides)
            plain = deepcopy(config)
            put(plain, resolved)
            faults, changes = examine(plain, partial(follows_another, base.config))
            faults += machine.faults(plain) if self._here else []
            if base.holds_a_secret or self._bring_a_secret(values, resolved):
                faults = [*secrets.faults(base.config), *faults]
            refuse(faults, overrides=overrides)
        put(config, changes)
        put(plain, changes)
        if plain["training"]["threads"] == "auto":
            config["training"]["threads"] = self._threads_of(plain)
        return config, {place: value for place, value in resolved.items() if place not in changes}

    def _validated(self, composed: DictConfig, overrides: Sequence[str]) -> tuple[dict[str, Any], Changes]:
        """The same, in any case and slowly."""
        config = validate(composed, overrides=overrides, here=self._here)
        if config.training.threads == "auto":
            config.training.threads = threads_for(config, self._launcher)
        container: Any = OmegaConf.to_container(config)
        return container, resolve(OmegaConf.create(container), find_interpolations(container))

    def _bring_a_secret(self, values: Changes, resolved: Changes) -> bool:
        leaves = [(place, value, place not in resolved) for place, value in (values | resolved).items()]
        return any(
            self._leaf_fault(".".join(map(str, place)), str(place[-1]), value, literal)
            for place, value, literal in leaves
            if not isinstance(value, dict | list)  # what it holds is looked at where it stands
        )

    def _threads_of(self, plain: dict[str, Any]) -> int:
        groups = {name: plain[name] for name in ("model", "training")}  # all that the number depends on
        key = repr(groups)
        if key not in self._threads:
            self._threads[key] = threads_for(OmegaConf.create(groups), self._launcher)
        return self._threads[key]


def resolve(config: DictConfig, places: Iterable[Place]) -> Changes:
    """The values of the interpolations at some places of a config.

    Raises:
        ConfigError: One cannot be resolved.
    """
    places = list(places)
    try:
        return {place: _value(config, place) for place in places}
    except (OmegaConfBaseException, RecursionError):
        pass
    with explained():
        plain: Any = OmegaConf.to_container(config, resolve=True)  # which nearly always raises, and says where
    return {place: reduce(getitem, place, plain) for place in places}


def _value(config: DictConfig, place: Place) -> Any:
    node = filled_in(node_at(config, place))
    return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else unresolved(node)


def _has_aliases(config: dict[str, Any], resolved: Changes) -> bool:
    """Whether a known group, or a mapping in one, is an interpolation of another; or a group is not there."""
    aliases = any(isinstance(value, dict) and place[0] in GROUPS for place, value in resolved.items())
    return aliases or not all(isinstance(config.get(group), dict) for group in GROUPS)
