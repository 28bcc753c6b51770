"""W&B's run, started after the first training step: that takes seconds, and nothing is logged so soon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig
from pytorch_lightning.loggers import Logger

from colactl.training.records import tracking, wandb_port


def load(config: DictConfig) -> None:
    """Imports what a W&B run will, in a process whose copies are to have one; it takes over two seconds.

    Args:
        config: The whole config; where W&B is off nothing is imported.
    """
    if tracking.is_on(config):
        wandb_port.preload()


class LateStart(pl.Callback):
    """Gives the trainer its W&B logger before the first figure is logged.

    The run has its id on disk at once. One that goes online starts at once too: a missing key or a server that does not
    answer must be told before anything is trained. Beside the training it would start no sooner: most of it is Python's
    own work, of which a process does one thing at a time.

    Args:
        config: The whole config, settled.
        folder: The run's.
    """

    def __init__(self, config: DictConfig, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._logger: Logger | None = None
        self._begun = self._attached = False
        if tracking.is_on(config):
            tracking.identify(folder)
            if config.logger.wandb.mode == "online":
                self.logger()

    def on_fit_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Hands over a logger that is there already."""
        if self._begun:
            self._attach(trainer)

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Starts where the very first step logs."""
        if (trainer.global_step + 1) % self._config.training.log_every_n_steps == 0:
            self._attach(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Starts once the first step is done."""
        self._attach(trainer)

    def on_validation_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Starts where there was no step: a validation logs."""
        self._attach(trainer)

    def logger(self) -> Logger | None:
        """What `tracking.wandb_logger` gives, once.

        Raises:
            ColactlError: As `tracking.wandb_logger`.
        """
        if not self._begun:
            self._begun = True
            self._logger = tracking.wandb_logger(self._config, self._folder)
        return self._logger

    def finish(self, exit_code: int) -> None:
        """Finishes the run if one was started; see `tracking.finish`."""
        tracking.finish(self._logger, exit_code)

    def _attach(self, trainer: pl.Trainer) -> None:
        if not self._attached:
            self._attached = True
            logger = self.logger()
            if logger is not None and trainer.state.fn == "fit":
                trainer.loggers = [*trainer.loggers, logger]
