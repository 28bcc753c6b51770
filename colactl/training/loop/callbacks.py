"""The callbacks that a config asks for, and the one that ends a run which does worse than the others of its search."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import EarlyStopping

from colactl.host.signals import SignalHandler
from colactl.runs.run import CHECKPOINTS
from colactl.training.checkpoints.saving import Checkpoints, mode
from colactl.training.network.module import Classifier
from colactl.training.network.targets import make_entry

AFTER_TRAINING = ("plots", "export")  # entries of the group that are no callbacks: `fit` does both at its end


def build_callbacks(callbacks: DictConfig | None, folder: Path, signals: SignalHandler) -> list[Callback]:
    """Makes the callbacks of the config.

    Args:
        callbacks: The config's group; an entry that is null is switched off.
        folder: The run's; checkpoints go to `checkpoints` in it.
        signals: Tells the checkpoints that the run is to stop.

    Returns:
        Checkpointing first, then early stopping, then those with a `_target_`, in the config's order.

    Raises:
        ConfigError: An entry cannot be made.
    """
    made: list[Callback] = []
    entries: dict[str, Any] = OmegaConf.to_container(callbacks, resolve=True) if callbacks else {}  # type: ignore[assignment]  # the keys are names
    for name, entry in entries.items():
        if entry is None or name in AFTER_TRAINING:
            continue
        if name == "checkpoint" and "_target_" not in entry:
            made.append(Checkpoints(folder / CHECKPOINTS, entry["monitor"], entry.get("every_n_steps"), signals))
        elif name == "early_stopping" and "_target_" not in entry:
            made.append(_early_stopping(entry))
        else:
            made.append(make_entry(entry, f"callbacks.{name}"))
    return made


def _early_stopping(entry: dict[str, Any]) -> Callback:
    monitor = entry["monitor"]
    return EarlyStopping(monitor, mode=mode(monitor), patience=entry["patience"], check_on_train_epoch_end=False)


class Report(Protocol):
    """Takes a run's validation metrics, and decides whether it goes on.

    Attributes:
        metric: The name of the metric that it takes, such as mcc.
    """

    metric: str

    def __call__(self, validation: int, value: float) -> bool:
        """Takes the metric of a validation, counted from 0, and returns whether the run is to stop."""


class Pruning(Callback):
    """Reports after each validation, and stops the training where the report says so.

    Args:
        report: Takes the metric.

    Attributes:
        pruned: Whether the training was stopped.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.pruned = False
        self._validations = 0

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, Classifier)
        if trainer.state.fn != "fit" or trainer.sanity_checking or pl_module.scored is None:
            return
        validation, self._validations = self._validations, self._validations + 1
        if self.report(validation, pl_module.figures[self.report.metric]):
            self.pruned = trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        return {"pruned": self.pruned, "validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.pruned, self._validations = state_dict["pruned"], state_dict["validations"]
