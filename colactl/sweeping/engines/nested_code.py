"""A launcher's config may name the launcher's class, and no other code."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.errors import ConfigError


def refuse_nested_target(launcher: DictConfig) -> None:
    """Refuses a `_target_` below the launcher's own: Hydra would call what it names as it makes the launcher.

    Args:
        launcher: Its config, of which only `_target_` names a class, one that Hydra knows as a launcher.

    Raises:
        ConfigError: There is one.
    """
    try:
        plain: Any = OmegaConf.to_container(launcher, resolve=True)
    except OmegaConfBaseException:
        plain = OmegaConf.to_container(launcher, resolve=False)  # is given no code either
    for key, value in plain.items():
        if _names_code(value):
            told = f"hydra.launcher.{key} names code to run in a _target_, and a launcher is not given any"
            raise ConfigError(f"{told}.", "Leave it out.")


def _names_code(value: Any) -> bool:
    if isinstance(value, dict):
        return "_target_" in value or any(map(_names_code, value.values()))
    return isinstance(value, list) and any(map(_names_code, value))
