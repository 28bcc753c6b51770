"""The callback that saves the best weights, and everything that a resumed run needs to end with the same bits."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint

from colactl.host.signals import SignalHandler
from colactl.training.checkpoints import random_state
from colactl.training.checkpoints.files import BEST, LAST, PREVIOUS
from colactl.training.lightning_port import is_between_steps
from colactl.training.network.module import Classifier

KEY = "colactl"  # of our own part of a checkpoint, beside Lightning's


class Checkpoints(Checkpoint):
    """Saves `best.ckpt` after a validation that beats all before it, and `last.ckpt` after every epoch.

    `last.ckpt` is saved only where Lightning resumes to the same bits: at the end of an epoch, or between two optimizer
    steps with no validation in between; what is due elsewhere waits for the next such place.

    Args:
        folder: Where they go.
        monitor: The metric that decides.
        every_n_steps: Optimizer steps between two more saves of `last.ckpt`; None saves after epochs only.
        signals: Tells of a request to stop; the run stops once `last.ckpt` is saved.
    """

    def __init__(self, folder: Path, monitor: str, every_n_steps: int | None, signals: SignalHandler) -> None:
        self.folder, self.monitor, self.every_n_steps, self.signals = folder, monitor, every_n_steps, signals
        self.best: float | None = None
        self._saved_step = 0
        self._random_state: dict[str, Any] | None = None

    def on_train_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Restores the random state of a resumed run; from here on a signal waits for a save."""
        self._saved_step = trainer.global_step
        if trainer.ckpt_path and Path(trainer.ckpt_path).name == PREVIOUS and trainer.is_global_zero:
            (self.folder / LAST).unlink(missing_ok=True)  # it is damaged, and must not replace the good one
        if self._random_state is not None:
            random_state.restore(self._random_state)
        self.signals.hold()

    def on_train_end(self, *_: Any) -> None:
        self.signals.release()

    def on_exception(self, *_: Any) -> None:
        self.signals.release()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        due = self.every_n_steps is not None and trainer.global_step - self._saved_step >= self.every_n_steps
        if is_between_steps(trainer) and (due or self._is_stopping(trainer)):
            self._save_last(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        self._save_last(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Saves the weights with their logits where they are the best so far."""
        assert isinstance(pl_module, Classifier)
        if trainer.state.fn != "fit" or trainer.sanity_checking or pl_module.scored is None:
            return
        value = pl_module.figures[self.monitor.removeprefix("valid/")]
        if self.best is None or is_better(value, self.best, self.monitor):
            self.best = value
            content = {
                "state_dict": trainer.strategy.lightning_module_state_dict(),
                "epoch": trainer.current_epoch,
                "global_step": trainer.global_step,
                "pytorch-lightning_version": pl.__version__,
                "logits": pl_module.scored.logits,
                "labels": pl_module.scored.labels,
            }
            trainer.strategy.save_checkpoint(content, self.folder / BEST)

    def on_save_checkpoint(self, trainer: pl.Trainer, _: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Adds what Lightning leaves out; called on every rank."""
        own = {"best": self.best, "should_stop": trainer.should_stop, "random_states": random_state.capture()}
        checkpoint[KEY] = own

    def on_load_checkpoint(self, trainer: pl.Trainer, _: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Takes it back; the random state is restored later, because setting up the training draws random numbers."""
        own = checkpoint[KEY]
        self.best, trainer.should_stop = own["best"], own["should_stop"]
        self._random_state = own["random_states"][trainer.global_rank % len(own["random_states"])]

    def _save_last(self, trainer: pl.Trainer) -> None:
        trainer.save_checkpoint(self.folder / LAST)
        self._saved_step = trainer.global_step
        if self._is_stopping(trainer):
            self.signals.stop(trainer.global_step)

    def _is_stopping(self, trainer: pl.Trainer) -> bool:
        """Whether a process of the run has received a signal: all must stop after the same step."""
        return trainer.strategy.reduce_boolean_decision(self.signals.pending is not None, all=False)


def is_better(value: float, best: float, monitor: str) -> bool:
    """Whether a metric beats the best value so far; NaN never does, and everything else beats NaN."""
    if math.isnan(value) or math.isnan(best):
        return math.isnan(best) and not math.isnan(value)
    return value < best if mode(monitor) == "min" else value > best


def mode(monitor: str) -> str:
    """The mode that Lightning wants for a metric: a loss is minimised, all else maximised."""
    return "min" if "loss" in monitor else "max"
