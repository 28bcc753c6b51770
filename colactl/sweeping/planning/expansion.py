"""A sweep's overrides become those of each job."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from colactl.composition.compose import Composed
from colactl.composition.hydra_port import Session
from colactl.composition.overrides import refuse_many, refuse_unfit
from colactl.composition.session import explained
from colactl.errors import ConfigError


def expand(session: Session, composed: Composed) -> list[list[str]]:
    """The overrides of each job, in the order of Hydra's own sweeper.

    Args:
        session: Hydra, initialised.
        composed: The config that the jobs share, composed with the sweep's overrides.

    Raises:
        ConfigError: A sweep that cannot be enumerated.
    """
    return combinations(session, [*_params(composed), *composed.overrides])


def combinations(session: Session, overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of each job that a sweep's overrides come to.

    Raises:
        ConfigError: As for `expand`.
    """
    with explained():
        parsed = session.parse(overrides)
        last = {override.get_key_element(): override for override in parsed}  # of two for one key the last one counts
        refuse_many(list(last.values()))
        return [list(job) for job in product(*map(_texts, last.values()))]


def _texts(override: Override) -> list[str]:
    """An override for each of its values."""
    key = override.get_key_element()
    if not override.is_sweep_override():
        return [f"{key}={override.get_value_element_as_str()}"]
    if not override.is_discrete_sweep():
        message = f"{override.input_line} has no end of values, and a sweep has a job for each."
        raise ConfigError(message, "Search among them instead: --trials N")
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


def _params(composed: Composed) -> list[str]:
    """The overrides in a primary config's `hydra.sweeper.params`."""
    hydra: Any = OmegaConf.to_container(composed.hydra)
    params = (hydra["sweeper"].get("params") or {}) if isinstance(hydra.get("sweeper"), dict) else {}
    if not isinstance(params, dict):
        raise ConfigError("hydra.sweeper.params must be a mapping of keys to values.", "Mend the primary config.")
    overrides = [f"{key}={value}" for key, value in params.items()]
    refuse_unfit(overrides)
    return overrides
