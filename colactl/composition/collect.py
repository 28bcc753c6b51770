"""A config composed and checked in one go, with everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hydra._internal.hydra import Hydra
from omegaconf import DictConfig

from colactl.composition.compose import Composed, compose_in
from colactl.composition.search_path import hydra_session
from colactl.composition.validate import trainable, validate
from colactl.errors import ConfigError


def compose_and_validate(
    overrides: Sequence[str] = (), config_name: str = "config", config_dirs: Sequence[Path | str] = ()
) -> tuple[Composed, DictConfig]:
    """Composes a config to train on.

    Returns:
        What Hydra made, and the validated config.

    Raises:
        ConfigError: With the faults of every override and of the config that the sound ones make.
    """
    composed = compose_telling_all(overrides, config_name, config_dirs)
    return composed, validate(composed.config)


def compose_telling_all(
    overrides: Sequence[str] = (), config_name: str = "config", config_dirs: Sequence[Path | str] = ()
) -> Composed:
    """As `compose`, but where Hydra stops at the first wrong override, this goes on to the others.

    Raises:
        ConfigError: With every fault found.
    """
    with hydra_session(config_dirs) as hydra:
        try:
            return compose_in(hydra, overrides, config_name)
        except ConfigError as error:
            raise _with_every_fault(error, hydra, overrides, config_name) from error


def _with_every_fault(first: ConfigError, hydra: Hydra, overrides: Sequence[str], config_name: str) -> ConfigError:
    try:
        compose_in(hydra, (), config_name)
    except ConfigError as error:  # the primary config itself is broken: no override is to blame
        return error
    kept, wrong = _sort_out(hydra, overrides, config_name)
    faults = [fault for error in wrong for fault in (error.faults or [f"{error.message} {error.hint}"])]
    sound = compose_in(hydra, kept, config_name).config
    if trainable(sound):
        try:
            validate(sound)
        except ConfigError as error:
            faults += error.faults
    return first if len(faults) < 2 else ConfigError("The overrides cannot be used:", faults=tuple(faults))


def _sort_out(hydra: Hydra, overrides: Sequence[str], config_name: str) -> tuple[list[str], list[ConfigError]]:
    """Keeps the overrides that can be applied; a value may need a group that is chosen after it, hence the rounds."""
    kept: list[str] = []
    left = list(overrides)
    while left:
        errors: dict[str, ConfigError] = {}
        for text in left:
            try:
                compose_in(hydra, [*kept, text], config_name)
                kept.append(text)
            except ConfigError as error:
                errors[text] = error
        if len(errors) == len(left):
            return kept, list(errors.values())
        left = list(errors)
    return kept, []
