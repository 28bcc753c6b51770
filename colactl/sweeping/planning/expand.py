"""A sweep's overrides become those of each job, and each of these is read once for all jobs that have it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import OmegaConf

from colactl.composition.compose import Composed
from colactl.composition.hydra_port import Session
from colactl.composition.overrides import parse, refuse_many, refuse_unfit
from colactl.composition.session import explained
from colactl.errors import ConfigError
from colactl.schema.key_path import Place, split_key
from colactl.schema.values import MISSING


@dataclass(frozen=True, eq=False)  # there is one of each text
class Element:
    """One override of a job.

    Attributes:
        text: As the job has it, which Hydra would parse again.
        override: What Hydra makes of that.
        place: The keys that lead to what it changes.
        chooses: Whether it is about a group's option, and not about a value.
        scalar: Whether it only gives a key that is there another value, which is neither a container nor refers to
            another one.
    """

    text: str
    override: Override
    place: Place
    chooses: bool
    scalar: bool

    @property
    def value(self) -> Any:
        """The value that it gives."""
        return self.override.value()


class Elements:
    """Reads overrides, each text once.

    Args:
        session: Hydra, initialised.
        config_name: The primary config, which may bring folders of its own.
    """

    def __init__(self, session: Session, config_name: str) -> None:
        self._configs = session.configs(config_name)
        self._groups: dict[str, bool] = {}
        self._known: dict[str, Element] = {}

    def of(self, text: str) -> Element:
        """One override, as Hydra reads it in a job.

        Raises:
            ConfigError: It does not parse.
        """
        if text not in self._known:
            (override,) = parse([text])
            self._known[text] = self._read(text, override)
        return self._known[text]

    def _read(self, text: str, override: Override) -> Element:
        key, value = override.key_or_group, override.value()
        if key not in self._groups:
            self._groups[key] = self._configs.is_group(key)
        changes = override.type == OverrideType.CHANGE and override.package is None
        return Element(
            text=text,
            override=override,
            place=tuple(split_key(key)),
            chooses=self._groups[key] and not isinstance(value, dict),
            scalar=changes and not self._groups[key] and not override.is_hydra_override() and is_scalar(value),
        )


def expand(session: Session, composed: Composed) -> list[list[str]]:
    """The overrides of each job, in the order of Hydra's own sweeper.

    Args:
        session: Hydra, initialised.
        composed: The config that the jobs share, composed with the sweep's overrides.

    Raises:
        ConfigError: A sweep that cannot be enumerated.
    """
    params = _params(composed)
    with explained():
        parsed = session.parse([*params, *composed.overrides])
        last = {override.get_key_element(): override for override in parsed}  # of two about one key it counts
        refuse_many(list(last.values()))
        return [list(job) for job in product(*map(_texts, last.values()))]


def _texts(override: Override) -> list[str]:
    """An override for each of its values.

    Raises:
        ConfigError: It has no end of them.
    """
    key = override.get_key_element()
    if not override.is_sweep_override():
        return [f"{key}={override.get_value_element_as_str()}"]
    if not override.is_discrete_sweep():
        message = f"{override.input_line} has no end of values, and a sweep has a job for each."
        raise ConfigError(message, "Search among them instead: --trials N")
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


def _params(composed: Composed) -> list[str]:
    """The overrides that a primary config gives itself, as a user of Hydra's sweeper knows them."""
    hydra: Any = OmegaConf.to_container(composed.hydra)
    given = (hydra["sweeper"].get("params") or {}) if isinstance(hydra.get("sweeper"), dict) else {}
    if not isinstance(given, dict):
        raise ConfigError("hydra.sweeper.params must be a mapping of keys to values.", "Mend the primary config.")
    params = [f"{key}={value}" for key, value in given.items()]
    refuse_unfit(params)
    return params


def is_scalar(value: Any) -> bool:
    """Whether a value is neither a container nor an interpolation, nor to be given yet."""
    if isinstance(value, str):
        return value != MISSING and "${" not in value  # which is how OmegaConf tells an interpolation
    return value is None or isinstance(value, int | float)
