"""When a run saves: the best validation's weights, and all that it needs to go on as if it had never stopped."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint

from colactl.training.checkpoints import random_state
from colactl.training.checkpoints.files import BEST, LAST, PREVIOUS
from colactl.training.lightning_port import is_between_steps
from colactl.training.loop.interruption import Signals
from colactl.training.network.module import Classifier

KEY = "colactl"  # under which it stands in a checkpoint, beside Lightning's own


class Checkpoints(Checkpoint):
    """Saves `best.ckpt` after a validation that beats all before it, and `last.ckpt` after every epoch.

    `last.ckpt` is saved only where Lightning resumes to the same bits: at the end of an epoch, or between two optimizer
    steps with no validation in between; what is due elsewhere waits for the next such place.

    Args:
        folder: Where they go.
        monitor: The figure that decides.
        every_n_steps: Optimizer steps between two more saves of `last.ckpt`; None saves after epochs only.
        signals: Where a request to stop is seen; it is granted once `last.ckpt` is saved.
    """

    def __init__(self, folder: Path, monitor: str, every_n_steps: int | None, signals: Signals) -> None:
        self.folder, self.monitor, self.every_n_steps, self.signals = folder, monitor, every_n_steps, signals
        self.best: float | None = None
        self._saved_step = 0
        self._random_state: dict[str, Any] | None = None

    def on_train_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Goes on with the random numbers where a resumed run was; from here on a signal waits for a save."""
        self._saved_step = trainer.global_step
        if trainer.ckpt_path and Path(trainer.ckpt_path).name == PREVIOUS and trainer.is_global_zero:
            (self.folder / LAST).unlink(missing_ok=True)  # it is damaged, and must not take the good one's place
        if self._random_state is not None:
            random_state.restore(self._random_state)
        self.signals.hold()

    def on_train_end(self, *_: Any) -> None:
        """Nothing is left to save: a signal need not wait any more."""
        self.signals.release()

    def on_exception(self, *_: Any) -> None:
        """Likewise."""
        self.signals.release()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Saves where it is due, and stops where that was asked for."""
        due = self.every_n_steps is not None and trainer.global_step - self._saved_step >= self.every_n_steps
        if is_between_steps(trainer) and (due or self._asked(trainer)):
            self._save_last(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Saves."""
        self._save_last(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Saves the weights, and what the validation said of them, where none were better."""
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
        """Takes it back; the random state is set once all that may draw a number before the first step has."""
        own = checkpoint[KEY]
        self.best, trainer.should_stop = own["best"], own["should_stop"]
        self._random_state = own["random_states"][trainer.global_rank % len(own["random_states"])]

    def _save_last(self, trainer: pl.Trainer) -> None:
        trainer.save_checkpoint(self.folder / LAST)
        self._saved_step = trainer.global_step
        if self._asked(trainer):
            self.signals.stop(trainer.global_step)

    def _asked(self, trainer: pl.Trainer) -> bool:
        """Whether any of the processes that train together was asked to stop: all must do so after the same step."""
        return trainer.strategy.reduce_boolean_decision(self.signals.received is not None, all=False)


def is_better(value: float, best: float, monitor: str) -> bool:
    """Whether a figure beats the best one so far; one that is not a number never does, and is always beaten."""
    if math.isnan(value) or math.isnan(best):
        return math.isnan(best) and not math.isnan(value)
    return value < best if mode(monitor) == "min" else value > best


def mode(monitor: str) -> str:
    """Whether less of a figure is better, `min`, or more, `max`: a loss is minimised, all else maximised."""
    return "min" if "loss" in monitor else "max"
