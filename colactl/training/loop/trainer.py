"""Lightning's Trainer, with the arguments that the config gives it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import Checkpoint, RichProgressBar
from pytorch_lightning.loggers import Logger
from pytorch_lightning.plugins.environments import LightningEnvironment
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from colactl.errors import ConfigError, first_line
from colactl.host.ranks import ProcessGroup
from colactl.training.checkpoints.files import AtomicCheckpointIO
from colactl.training.lightning_port import resume_by_epochs
from colactl.training.network.targets import make_entry
from colactl.training.records.metrics_file import MetricsFile

OWN_LOGGERS = ("csv", "wandb")  # keys of the logger group whose loggers colactl makes itself
OWN_KEYS = ("threads", "economies")  # keys of the training group that are no arguments of the Trainer


def build_trainer(
    config: DictConfig,
    folder: Path,
    group: ProcessGroup,
    loggers: list[Logger],
    callbacks: list[pl.Callback],
    verbose: bool,
) -> pl.Trainer:
    """Makes the trainer.

    Args:
        config: The whole config, settled; all of `training` but `OWN_KEYS` is passed on.
        folder: The run's.
        group: Which of the run's processes this is.
        loggers: What `build_loggers` returned.
        callbacks: All of them but the progress bar.
        verbose: Whether progress may be shown.

    Raises:
        ConfigError: Lightning refuses an argument, such as a GPU where there is none.
    """
    arguments: dict[str, Any] = OmegaConf.to_container(config.training, resolve=True)  # type: ignore[assignment]  # the keys are names
    for key in OWN_KEYS:
        arguments.pop(key, None)
    show_progress = arguments.pop("enable_progress_bar", True) and verbose and sys.stderr.isatty()
    bars = [RichProgressBar(refresh_rate=10, console_kwargs={"stderr": True})] if show_progress else []
    environments = [LightningEnvironment()] if group.is_task_on_its_own else []  # Lightning would read Slurm's
    fixed: dict[str, Any] = {
        "default_root_dir": folder,
        "logger": loggers,
        "callbacks": [*callbacks, *bars],
        "plugins": [*(arguments.pop("plugins", None) or []), *environments, AtomicCheckpointIO()],
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


def build_loggers(config: DictConfig, folder: Path, group: ProcessGroup, steps: int) -> list[Logger]:
    """Makes the loggers but for W&B's.

    Args:
        config: The whole config, settled.
        folder: The run's.
        group: Which of the run's processes this is; rank 0 writes the metrics file.
        steps: The optimizer steps that a resumed run has done, else 0.

    Raises:
        ConfigError: An entry of the user's own cannot be made.
    """
    loggers: list[Logger] = [MetricsFile(folder, steps)] if config.logger.csv and not group.is_worker else []
    entries: dict[str, Any] = OmegaConf.to_container(config.logger, resolve=True)  # type: ignore[assignment]  # the keys are names
    users = {name: entry for name, entry in entries.items() if name not in OWN_LOGGERS and entry}
    return [*loggers, *(make_entry(entry, f"logger.{name}") for name, entry in users.items())]
