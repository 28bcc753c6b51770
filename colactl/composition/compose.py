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
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from colactl.composition.bounds import refuse_unfit
from colactl.composition.expansion import refuse_explosion
from colactl.composition.hydra_port import Session
from colactl.composition.overrides import adds_a_name, parse
from colactl.composition.problems import explained
from colactl.composition.search_path import hydra_session
from colactl.errors import ConfigError


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
        here: Whether what is wrong with it for this machine is told too, where it cannot be composed.

    Raises:
        ConfigError: With all that is wrong, of which Hydra itself tells the first.
    """
    refuse_unfit(overrides)  # which is not to be looked into
    try:
        parsed = parse(overrides)
        with explained():
            whole = session.compose(config_name, overrides, run_mode)
            refuse_explosion(whole)
        if any(map(adds_a_name, parsed)):
            from colactl.composition.mistakes.additions import refuse_misspelt  # which most overrides do not need

            refuse_misspelt(session, config_name, parsed, whole)
        return Composed(whole)
    except ConfigError as error:
        from colactl.composition.mistakes.diagnose import diagnosed  # which nothing but a failure needs

        raise diagnosed(error, session, overrides, config_name, here) from error


def without_hydra(whole: DictConfig) -> DictConfig:
    """A copy of a composed config without Hydra's own node."""
    config = whole.copy()
    with read_write(config), open_dict(config):
        config.pop("hydra", None)
    return config


def config_hash(config: DictConfig | dict[str, Any]) -> str:
    """The sha256 of an unresolved config without Hydra's node, as JSON with sorted keys, in hexadecimal."""
    container: Any = OmegaConf.to_container(config) if OmegaConf.is_config(config) else config
    return hashlib.sha256(json.dumps(container, sort_keys=True).encode()).hexdigest()
