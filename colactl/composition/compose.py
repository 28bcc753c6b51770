"""Names and overrides become a config."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from colactl.composition.expansion import refuse_explosion
from colactl.composition.hydra_port import Session, filled_in, node_at, unresolved
from colactl.composition.overrides import adds_a_name, parse, refuse_unfit
from colactl.composition.session import explained, hydra_session, without_hydra
from colactl.composition.validate import validate
from colactl.errors import ConfigError

# Hydra's own defaults (hydra/output/default.yaml); two runs of one second would share such a folder.
RUN_DIR = "outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}"
SWEEP_DIR = "multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}"


@dataclass(frozen=True)
class Composed:
    """What Hydra made of a primary config and its overrides.

    Attributes:
        whole: The config with Hydra's own node, as the launchers want it.
    """

    whole: DictConfig

    @property
    def config(self) -> DictConfig:
        """The config without Hydra's node, unresolved."""
        return without_hydra(self.whole)

    @property
    def hydra(self) -> DictConfig:
        """Hydra's own node: `run.dir`, `launcher`, `runtime` and the rest."""
        hydra: DictConfig = self.whole.hydra
        return hydra

    @property
    def overrides(self) -> list[str]:
        """The overrides it was made with, as typed, less those of Hydra's own keys."""
        return self._typed("task")

    @property
    def hydra_overrides(self) -> list[str]:
        """The overrides of Hydra's own keys, as typed."""
        return self._typed("hydra")

    def _typed(self, kind: str) -> list[str]:
        texts: Any = OmegaConf.to_container(self.hydra.overrides[kind], resolve=False)  # ${...} is part of the text
        return [str(text) for text in texts]

    def path(self, key: str) -> str:
        """A path among Hydra's own keys, such as `hydra.run.dir`, with its interpolations filled in."""
        earlier = HydraConfig.instance().cfg
        # For ${hydra:...}, which users of Hydra write in such paths; set_config would make a copy, and it read-only.
        node: Any = self.whole
        HydraConfig.instance().cfg = node
        try:
            with explained():
                parent, _, last = key.rpartition(".")
                if OmegaConf.is_interpolation(OmegaConf.select(self.whole, parent), last):
                    return str(unresolved(filled_in(node_at(self.whole, key.split(".")))))  # as each job of a sweep has
                return str(OmegaConf.select(self.whole, key, throw_on_missing=True))
        finally:
            HydraConfig.instance().cfg = earlier


def compose(
    overrides: Sequence[str] = (),
    config_name: str = "config",
    config_dirs: Sequence[Path | str] = (),
    run_mode: RunMode = RunMode.RUN,
) -> Composed:
    """Composes a config, without checking that it can train.

    Args:
        overrides: In Hydra's grammar, applied in order.
        config_name: The primary config.
        config_dirs: The user's folders, searched before the shipped configs.
        run_mode: In `RunMode.MULTIRUN` sweep values are kept for the sweeper.

    Returns:
        The config with Hydra's node.

    Raises:
        ConfigError: With every override that cannot be parsed or applied; or a config file is missing or broken.
    """
    with hydra_session(config_dirs) as session:
        return compose_in(session, overrides, config_name, run_mode)


def compose_and_validate(
    overrides: Sequence[str] = (), config_name: str = "config", config_dirs: Sequence[Path | str] = ()
) -> tuple[Composed, DictConfig]:
    """Composes a config to train on, on this machine.

    Returns:
        What Hydra made, and the validated config.

    Raises:
        ConfigError: With the faults of every override and of the config that the sound ones make.
        DataError: Nothing is wrong but that its files are missing.
    """
    with hydra_session(config_dirs) as session:
        composed = compose_in(session, overrides, config_name, here=True)
    return composed, validate(composed.config, overrides=overrides, here=True)


def compose_in(
    session: Session,
    overrides: Sequence[str],
    config_name: str = "config",
    run_mode: RunMode = RunMode.RUN,
    here: bool = False,
) -> Composed:
    """As `compose`, in a session that is open already: a sweep composes many configs in one.

    Args:
        session: Hydra, initialised.
        overrides: In Hydra's grammar, applied in order.
        config_name: The primary config.
        run_mode: As for `compose`.
        here: Whether the error also says what is wrong with it for this machine.

    Raises:
        ConfigError: With all that is wrong, of which Hydra itself reports the first.
    """
    refuse_unfit(overrides)  # which must not be looked into
    try:
        return Composed(_compose(session, overrides, config_name, run_mode))
    except ConfigError as error:
        from colactl.composition.diagnosis import diagnosed  # which only a failure needs

        raise diagnosed(error, session, overrides, config_name, here) from error


def _compose(session: Session, overrides: Sequence[str], config_name: str, run_mode: RunMode) -> DictConfig:
    """Composes, and raises for the first thing that is wrong."""
    parsed = parse(overrides)
    with explained():
        whole = session.compose(config_name, overrides, run_mode)
        refuse_explosion(whole)
    if any(map(adds_a_name, parsed)):
        from colactl.composition.diagnosis import adds_misspelt_name  # which few overrides need

        if adds_misspelt_name(session, config_name, parsed, whole):
            raise ConfigError("A name that an override adds is nearly one of colactl's own.")
    return whole


def run_folder(composed: Composed) -> tuple[Path, bool]:
    """The folder of a run, and whether the user chose it; otherwise it is to be made unique."""
    return Path(composed.path("hydra.run.dir")), _unresolved(composed)["run"]["dir"] != RUN_DIR


def sweep_folder(composed: Composed) -> tuple[Path, bool]:
    """The folder of a sweep, and whether the user chose it; otherwise it is to be made unique."""
    return Path(composed.path("hydra.sweep.dir")), _unresolved(composed)["sweep"]["dir"] != SWEEP_DIR


def _unresolved(composed: Composed) -> Any:
    return OmegaConf.to_container(composed.hydra, resolve=False)


def config_hash(config: DictConfig | dict[str, Any]) -> str:
    """The sha256 of an unresolved config without Hydra's node, as JSON with sorted keys, in hexadecimal."""
    container: Any = OmegaConf.to_container(config) if OmegaConf.is_config(config) else config
    return hashlib.sha256(json.dumps(container, sort_keys=True).encode()).hexdigest()
