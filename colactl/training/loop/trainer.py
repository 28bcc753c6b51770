"""Lightning's Trainer, with the arguments that the config gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.loggers import Logger
from pytorch_lightning.plugins.environments import LightningEnvironment
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from colactl.errors import ConfigError, first_line
from colactl.training.checkpoints.files import AtomicCheckpointIO
from colactl.training.devices.follow import is_first
from colactl.training.devices.ranks import apart
from colactl.training.lightning_port import resume_by_epochs
from colactl.training.loop.progress import progress_bars
from colactl.training.network.targets import make_entry
from colactl.training.records.metrics_file import MetricsFile

OURS = ("csv", "wandb")  # keys of the logger group that are not a user's own


def build_trainer(
    config: DictConfig, folder: Path, loggers: list[Logger], callbacks: list[pl.Callback], talkative: bool
) -> pl.Trainer:
    """Makes the trainer.

    Args:
        config: The whole config, settled; all of `training` but `threads` and `economies` is passed on.
        folder: The run's.
        loggers: What `build_loggers` gave.
        callbacks: All of them but the progress bar.
        talkative: Whether progress may be shown.

    Raises:
        ConfigError: Lightning refuses an argument, such as a GPU where there is none.
    """
    arguments: dict[str, Any] = OmegaConf.to_container(config.training, resolve=True)  # type: ignore[assignment]
    for ours in ("threads", "economies"):
        arguments.pop(ours, None)
    wanted = arguments.pop("enable_progress_bar", True) and talkative
    bars = progress_bars(wanted)
    own_environment = [LightningEnvironment()] if apart(config.training) else []  # Lightning would read Slurm's
    fixed: dict[str, Any] = {
        "default_root_dir": folder,
        "logger": loggers,
        "callbacks": [*callbacks, *bars],
        "plugins": [*(arguments.pop("plugins", None) or []), *own_environment, AtomicCheckpointIO()],
        "enable_checkpointing": any(isinstance(callback, Checkpoint) for callback in callbacks),
        "enable_progress_bar": bool(bars),
        "enable_model_summary": False,
        "use_distributed_sampler": False,  # the data module shares the batches out
    }
    try:
        trainer = pl.Trainer(**{**arguments, **fixed})
    except (MisconfigurationException, ModuleNotFoundError, TypeError, ValueError) as error:
        raise ConfigError(
            f"training: Lightning refuses it: {first_line(error)}", "See it with: colactl show-config"
        ) from error
    resume_by_epochs(trainer)
    return trainer


def build_loggers(config: DictConfig, folder: Path, steps: int) -> list[Logger]:
    """Makes the loggers but for W&B's.

    Args:
        config: The whole config, settled.
        folder: The run's.
        steps: The optimizer steps that a resumed run has behind it, else 0.

    Raises:
        ConfigError: An entry of the user's own cannot be made.
    """
    loggers: list[Logger] = [MetricsFile(folder, steps)] if config.logger.csv and is_first() else []
    entries: dict[str, Any] = OmegaConf.to_container(config.logger, resolve=True)  # type: ignore[assignment]
    own = {name: entry for name, entry in entries.items() if name not in OURS and entry}
    return [*loggers, *(make_entry(entry, f"logger.{name}") for name, entry in own.items())]
