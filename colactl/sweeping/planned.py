"""What a sweep will run: its jobs, as they are kept in its folder."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import Composed
from colactl.errors import ConfigError, first_line
from colactl.schema.check import Changes
from colactl.sweeping.planning.containers import put

ITEMS = "__items__"  # of a mapping in JSON whose keys are not all texts, such as the epochs of a schedule


@dataclass(frozen=True)
class PlannedJob:
    """A job as it was frozen when the sweep was launched.

    Attributes:
        index: From 0.
        overrides: Those that make this job.
        config_hash: Of `config`.
        folder: Relative to the sweep's.
        config: The unresolved config, as plain containers.
        values: Of the interpolations in it: the keys that lead to each, and its value.
        choices: The option of each group.
    """

    index: int
    overrides: list[str]
    config_hash: str
    folder: str
    config: dict[str, Any]
    values: list[tuple[list[Any], Any]]
    choices: dict[str, str | None]

    def resolved(self) -> DictConfig:
        """The config that trains: interpolations are as they were when the sweep was launched."""
        config = deepcopy(self.config)
        put(config, self.by_place())
        return OmegaConf.create(config)

    def by_place(self) -> Changes:
        """The values of the interpolations."""
        return {tuple(place): value for place, value in self.values}

    def to_json(self) -> str:
        """As one line, which begins with the index."""
        return json.dumps(encode(vars(self)), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> PlannedJob:
        """What `to_json` made.

        Raises:
            ConfigError: It is something else.
        """
        try:
            job = cls(**json.loads(text, object_hook=decode))
        except (ValueError, TypeError, RecursionError) as error:
            raise ConfigError(f"A planned job is not as colactl wrote it: {first_line(error)}.") from error
        kinds = {"index": int, "overrides": list, "folder": str, "config": dict}
        if not all(isinstance(getattr(job, name), kind) for name, kind in kinds.items()):
            raise ConfigError("A planned job is not as colactl wrote it.")
        return job


@dataclass(frozen=True)
class Plan:
    """What a sweep will do.

    Attributes:
        composed: The config that all jobs share, with Hydra's launcher.
        jobs: In order.
    """

    composed: Composed
    jobs: tuple[PlannedJob, ...]


def encode(value: Any) -> Any:
    """Plain containers as JSON can hold them, which turns keys that are no texts into texts."""
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if all(isinstance(key, str) for key in value):
        return {key: encode(item) for key, item in value.items()}
    return {ITEMS: [[key, encode(item)] for key, item in value.items()]}


def decode(mapping: dict[str, Any]) -> dict[Any, Any]:
    """A mapping that `encode` made, for `json.loads` to call."""
    return dict(mapping[ITEMS]) if mapping.keys() == {ITEMS} else mapping
