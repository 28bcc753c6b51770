"""Lightning's Trainer, with the arguments that the config gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.loggers import CSVLogger, Logger

from colactl.errors import ConfigError
from colactl.training.callbacks import build_callbacks
from colactl.training.progress import progress_bars
from colactl.training.targets import make_entry
from colactl.training.tokenization import first_line

OURS = ("csv", "wandb")  # keys of the logger group that are not a user's own


def build_trainer(
    config: DictConfig, folder: Path, wandb: Logger | None, talkative: bool, *more: pl.Callback
) -> pl.Trainer:
    """Makes the trainer.

    Args:
        config: The whole config, settled; all of `training` but `threads` is passed on.
        folder: The run's.
        wandb: What `tracking.wandb_logger` gave.
        talkative: Whether progress may be shown.
        more: Callbacks besides the config's.

    Raises:
        ConfigError: Lightning refuses an argument, such as a GPU where there is none.
    """
    arguments: dict[str, Any] = OmegaConf.to_container(config.training, resolve=True)  # type: ignore[assignment]
    arguments.pop("threads")
    wanted = arguments.pop("enable_progress_bar", True) and talkative
    bars = progress_bars(wanted)
    callbacks = [*more, *bars, *build_callbacks(config.callbacks, folder)]
    fixed: dict[str, Any] = {
        "default_root_dir": folder,
        "logger": _loggers(config, folder, wandb),
        "callbacks": callbacks,
        "enable_checkpointing": any(isinstance(callback, Checkpoint) for callback in callbacks),
        "enable_progress_bar": bool(bars),
        "enable_model_summary": False,
        "use_distributed_sampler": False,  # the data module shares the batches out
    }
    try:
        return pl.Trainer(**{**arguments, **fixed})
    except (MisconfigurationException, ModuleNotFoundError, TypeError, ValueError) as error:
        raise ConfigError(
            f"training: Lightning refuses it: {first_line(error)}", "See it with: colactl show-config"
        ) from error


def _loggers(config: DictConfig, folder: Path, wandb: Logger | None) -> list[Logger]:
    loggers: list[Logger] = []
    if config.logger.csv:
        # An empty name and version put metrics.csv into the folder itself; a killed run keeps all it has logged.
        loggers.append(CSVLogger(folder, name="", version="", flush_logs_every_n_steps=1))
    if wandb is not None:
        loggers.append(wandb)
    return [*loggers, *(_custom(name, entry) for name, entry in config.logger.items() if name not in OURS and entry)]


def _custom(name: str, entry: DictConfig) -> Logger:
    options: dict[str, Any] = OmegaConf.to_container(entry, resolve=True)  # type: ignore[assignment]
    return make_entry(options, f"logger.{name}", Logger)  # type: ignore[type-abstract]  # only compared with
