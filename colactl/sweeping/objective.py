"""The figure by which a sweep's runs compare, and which way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from colactl.schema.choices import METRICS

# The numbers in a run's result.json.
OBJECTIVES = (
    *METRICS,
    *("epochs", "best_epoch", "steps", "train_sentences", "validation_sentences", "threads", "seconds"),
    *("sentences_per_second", "tokens_per_second", "padding_efficiency"),
)
MINIMISED = ("loss", "seconds")
SHARES = (*METRICS, "padding_efficiency")  # figures that differ in their decimals
NAMES = {"mcc": "MCC", "f1": "F1"}


@dataclass(frozen=True)
class Objective:
    """What is to be as good as can be.

    Attributes:
        figure: One of result.json.
    """

    figure: str = "mcc"

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """What is better, less or more; in Optuna's words."""
        return "minimize" if self.figure in MINIMISED else "maximize"

    @property
    def name(self) -> str:
        """As it is shown."""
        return NAMES.get(self.figure, self.figure.replace("_", " "))

    def of(self, row: Mapping[str, Any]) -> float | None:
        """A done job's figure; None where it has none, as without a validation or where training diverged."""
        value = (row["result"] or {}).get(self.figure)
        if row["status"] != "done" or not isinstance(value, int | float):
            return None
        return float(value) if math.isfinite(value) else None

    def goodness(self, value: float | None) -> float:
        """The greater the better; nothing is worse than no value."""
        if value is None:
            return -math.inf
        return -value if self.direction == "minimize" else value

    def shown(self, value: float | None) -> str:
        """A value for the eye."""
        return "" if value is None else f"{value:.{3 if self.figure in SHARES else 1}f}"


MCC = Objective()
