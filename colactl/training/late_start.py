"""W&B's run, started beside the first training steps: that takes seconds, and nothing is logged so soon."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig
from pytorch_lightning.loggers import Logger

from colactl.training import tracking

START_GRACE = 10.0  # seconds that a failed training waits for a start that is under way, to finish it


class LateStart(pl.Callback):
    """Gives the trainer its W&B logger before the first figure is logged.

    The run has its id on disk at once. One that goes online starts at once too: a missing key or a server that does not
    answer must be told before anything is trained.

    Args:
        config: The whole config, settled.
        folder: The run's.
    """

    def __init__(self, config: DictConfig, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._started: Future[Logger | None] | None = None
        self._attached = False
        if tracking.is_on(config):
            tracking.identify(folder)
            if config.logger.wandb.mode == "online":
                self.logger()

    def on_fit_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Takes a logger that is there already."""
        if self._started is not None:
            self._attach(trainer)

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Waits for the logger where this step logs; takes it where it is there."""
        logs = (trainer.global_step + 1) % trainer.log_every_n_steps == 0  # type: ignore[attr-defined]  # it is set
        if logs or (self._started is not None and self._started.done()):
            self._attach(trainer)

    def on_train_batch_end(self, *_: Any) -> None:
        """Starts, once the first step is done."""
        self._begin()

    def on_validation_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Waits: a validation logs."""
        self._attach(trainer)

    def logger(self) -> Logger | None:
        """What `tracking.wandb_logger` gives.

        Raises:
            ColactlError: As `tracking.wandb_logger`.
        """
        return self._begin().result()

    def finish(self, exit_code: int) -> None:
        """Finishes the run if one was started; see `tracking.finish`."""
        if self._started is not None:
            wait([self._started], START_GRACE)
            if self._started.done() and self._started.exception() is None:
                tracking.finish(self._started.result(), exit_code)

    def _begin(self) -> Future[Logger | None]:
        if self._started is None:
            self._started = Future()
            threading.Thread(target=self._work, args=(self._started,), name="wandb-start", daemon=True).start()
        return self._started

    def _work(self, started: Future[Logger | None]) -> None:
        try:
            started.set_result(tracking.wandb_logger(self._config, self._folder))
        except BaseException as error:
            started.set_exception(error)

    def _attach(self, trainer: pl.Trainer) -> None:
        if not self._attached:
            self._attached = True
            logger = self.logger()
            if logger is not None and trainer.state.fn == "fit":
                trainer.loggers = [*trainer.loggers, logger]
