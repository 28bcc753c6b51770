"""Secrets have no place in a config, which is shown, logged and kept with every run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.errors import ConfigError
from colactl.redaction import names_a_secret, secret_in
from colactl.schema.faults import Fault


def refuse_secrets(config: DictConfig) -> None:
    """Refuses to show a config that holds a secret.

    Raises:
        ConfigError: It does.
    """
    if held := tuple(fault.sentence() for fault in faults(config)):
        raise ConfigError("This config cannot be shown:", faults=held)


def faults(config: DictConfig | ListConfig, path: str = "") -> Iterator[Fault]:
    """The keys that name a secret and hold a literal, or whose value is a secret of the environment's.

    No fault has the value, nor names the override. An interpolation under a secret's name is fine if it brings none in.
    """
    keys = range(len(config)) if isinstance(config, ListConfig) else list(config)
    for key in keys:
        place = f"{path}.{key}" if path else str(key)
        if OmegaConf.is_missing(config, key):
            continue
        value = _value(config, key)
        literal = not OmegaConf.is_interpolation(config, key)
        if OmegaConf.is_config(value):
            if literal:  # what an interpolation points to is a fault where it stands
                yield from faults(value, place)
        elif fault := leaf_fault(place, str(key), value, literal):
            yield fault


def leaf_fault(place: str, key: str, value: Any, literal: bool = True) -> Fault | None:
    """What is wrong with a single value, if anything.

    Args:
        place: The dotted key.
        key: The last part of it.
        value: Resolved.
        literal: Whether it stands there as it is, and is no interpolation.
    """
    if literal and value is not None and names_a_secret(key):
        return Fault(f"{place} holds a secret, which every run would keep: leave it in the environment")
    if variable := secret_in(f"{key} {value}"):
        return Fault(f"{place} holds the secret of {variable}, which every run would keep: leave it in the environment")
    return None


def _value(config: DictConfig | ListConfig, key: Any) -> Any:
    try:
        return config[key]
    except OmegaConfBaseException:  # an interpolation that leads nowhere is a fault of its own
        return None
