"""The figures of a validation, from its logits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_f1_score,
    multiclass_accuracy,
    multiclass_confusion_matrix,
    multiclass_matthews_corrcoef,
    multiclass_precision,
    multiclass_recall,
)

CLASSES = 2


@dataclass(frozen=True)
class Scored:
    """A validation's output.

    Args:
        logits: float32 of shape (sentences, 2), on the CPU.
        labels: int64 of shape (sentences,), on the CPU.
    """

    logits: Tensor
    labels: Tensor

    def probabilities(self) -> list[float]:
        """The probability of acceptable, from 0 to 1, of each sentence."""
        values: list[float] = self.logits.softmax(dim=1)[:, 1].tolist()
        return values

    def confusion(self) -> list[list[int]]:
        """2 x 2 counts: rows are the true label, columns the predicted one, unacceptable first."""
        counts: list[list[int]] = multiclass_confusion_matrix(self.logits, self.labels, CLASSES).tolist()
        return counts

    def degenerate(self) -> bool:
        """Whether every sentence got the same answer."""
        return len(set(self.logits.argmax(dim=1).tolist())) < CLASSES


def measure(scored: Scored) -> dict[str, float]:
    """All figures.

    Args:
        scored: A validation's output; at least one sentence.

    Returns:
        loss: The mean cross-entropy, in nats.
        mcc: The Matthews correlation, from -1 to 1, CoLA's own figure (Warstadt et al. 2019); 0 where the predictions
            or the labels are all alike, as scikit-learn has it.
        f1: Of the acceptable class, as GLUE's scripts have it.
        accuracy, precision_macro, recall_macro, precision_micro, recall_micro: From 0 to 1.
    """
    logits, labels = scored.logits, scored.labels
    figures = {
        "loss": torch.nn.functional.cross_entropy(logits, labels),
        "mcc": _mcc(scored),
        "accuracy": multiclass_accuracy(logits, labels, CLASSES, average="micro"),
        "f1": binary_f1_score(logits.argmax(dim=1), labels),
    }
    for average in ("macro", "micro"):
        figures[f"precision_{average}"] = multiclass_precision(logits, labels, CLASSES, average=average)
        figures[f"recall_{average}"] = multiclass_recall(logits, labels, CLASSES, average=average)
    return {name: float(value) for name, value in figures.items()}


def _mcc(scored: Scored) -> Tensor:
    # torchmetrics' limit for these cases depends on the counts: 0.03 for a model that says yes to everything.
    if scored.degenerate() or len(set(scored.labels.tolist())) < CLASSES:
        return torch.tensor(0.0)
    return multiclass_matthews_corrcoef(scored.logits, scored.labels, CLASSES)
