"""Training that is stopped early because others did better at the same point."""

from __future__ import annotations

from typing import Any, Protocol

import pytorch_lightning as pl
from pytorch_lightning import Callback

from colactl.training.network.module import Classifier


class Report(Protocol):
    """Whom a run reports to, and who says whether it is worth going on.

    Attributes:
        figure: The validation's figure that is wanted, such as mcc.
    """

    figure: str

    def __call__(self, validation: int, value: float) -> bool:
        """Takes the figure of a validation, counted from 0, and says whether the run is to stop."""


class Pruning(Callback):
    """Reports after each validation, and ends the training where that is asked for.

    Args:
        report: To whom.

    Attributes:
        pruned: Whether it was ended.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.pruned = False
        self._validations = 0

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Reports."""
        assert isinstance(pl_module, Classifier)
        if trainer.state.fn != "fit" or trainer.sanity_checking or pl_module.scored is None:
            return
        validation, self._validations = self._validations, self._validations + 1
        if self.report(validation, pl_module.figures[self.report.figure]):
            self.pruned = trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run goes on with."""
        return {"pruned": self.pruned, "validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes it back."""
        self.pruned, self._validations = state_dict["pruned"], state_dict["validations"]
