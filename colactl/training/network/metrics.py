"""The metrics of a validation, from its logits."""

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

from colactl.training.labels import is_acceptable

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

    @property
    def _probabilities(self) -> Tensor:
        return self.logits.softmax(dim=1)[:, 1]

    @property
    def predictions(self) -> Tensor:
        """The predicted label of each sentence; int64 of shape (sentences,)."""
        predictions: Tensor = is_acceptable(self._probabilities).long()
        return predictions

    def probabilities(self) -> list[float]:
        """The probability of acceptable, from 0 to 1, of each sentence."""
        values: list[float] = self._probabilities.tolist()
        return values

    def confusion(self) -> list[list[int]]:
        """2 x 2 counts: rows are the true label, columns the predicted one, unacceptable first."""
        counts: list[list[int]] = multiclass_confusion_matrix(self.predictions, self.labels, CLASSES).tolist()
        return counts

    def degenerate(self) -> bool:
        """Whether every sentence has the same prediction."""
        return len(set(self.predictions.tolist())) < CLASSES


def measure(scored: Scored) -> dict[str, float]:
    """All metrics.

    Args:
        scored: A validation's output; at least one sentence.

    Returns:
        loss: The mean cross-entropy, in nats.
        mcc: The Matthews correlation, from -1 to 1, CoLA's own metric (Warstadt et al. 2019); 0 where the predictions
            or the labels are all alike, as scikit-learn has it.
        f1: Of the acceptable class, as GLUE's scripts have it.
        accuracy, precision_macro, recall_macro, precision_micro, recall_micro: From 0 to 1.
    """
    predictions, labels = scored.predictions, scored.labels
    # torchmetrics' limit where all are alike depends on the counts: 0.03 for a model that says yes to everything.
    correlated = not scored.degenerate() and len(set(labels.tolist())) == CLASSES
    metrics = {
        "loss": torch.nn.functional.cross_entropy(scored.logits, labels),
        "mcc": multiclass_matthews_corrcoef(predictions, labels, CLASSES) if correlated else torch.zeros(()),
        "accuracy": multiclass_accuracy(predictions, labels, CLASSES, average="micro"),
        "f1": binary_f1_score(predictions, labels),
    }
    for average in ("macro", "micro"):
        metrics[f"precision_{average}"] = multiclass_precision(predictions, labels, CLASSES, average=average)
        metrics[f"recall_{average}"] = multiclass_recall(predictions, labels, CLASSES, average=average)
    return {name: float(value) for name, value in metrics.items()}
