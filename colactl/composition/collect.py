"""A config composed and checked in one go, with everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from colactl.composition.compose import Composed, compose_in
from colactl.composition.search_path import hydra_session
from colactl.composition.validate import validate


def compose_and_validate(
    overrides: Sequence[str] = (), config_name: str = "config", config_dirs: Sequence[Path | str] = ()
) -> tuple[Composed, DictConfig]:
    """Composes a config to train on, on this machine.

    Returns:
        What Hydra made, and the validated config.

    Raises:
        ConfigError: With the faults of every override and of the config that the sound ones make.
        DataError: Nothing is wrong but that its files are not there.
    """
    with hydra_session(config_dirs) as session:
        composed = compose_in(session, overrides, config_name, here=True)
    return composed, validate(composed.config, overrides=overrides, here=True)
