"""A model's figures on a split with their intervals, by source too, and how two models differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colactl.training.data.sources import groups_of
from colactl.training.data.split import Split
from colactl.training.scoring.statistics import (
    Counts,
    Difference,
    Estimate,
    McNemar,
    differences,
    estimates,
    mcnemar,
)

THRESHOLD = 0.5  # a sentence above it counts as acceptable; at it, as argmax has it, not


@dataclass(frozen=True)
class PartFigures:
    """A model's figures on the sentences of one source, or of a group of sources.

    Attributes:
        name: The source's, or the group's.
        sentences: How many there are.
        accuracy: From 0 to 1.
        mcc: None where all of them have one label.
    """

    name: str
    sentences: int
    accuracy: Estimate
    mcc: Estimate | None


@dataclass(frozen=True)
class ModelFigures:
    """A model's figures on a split.

    Attributes:
        model: As the user named it.
        figures: mcc, accuracy and f1, defined as in `metrics.measure`.
        confusion: 2 x 2 counts: rows are the true label, columns the predicted one, unacceptable first.
        degenerate: Whether it gave every sentence the same answer.
        groups: CoLA's in-domain and out-of-domain, or the families of the embedded corpus's phenomena; None where the
            sources are others or unknown.
        sources: By source, in the split's order; None where the data does not say where its sentences come from.
    """

    model: str
    figures: dict[str, Estimate]
    confusion: list[list[int]]
    degenerate: bool
    groups: list[PartFigures] | None
    sources: list[PartFigures] | None


@dataclass(frozen=True)
class Comparison:
    """The second model against the first, sentence by sentence.

    Attributes:
        differences: Of mcc, accuracy and f1: the second's less the first's.
        mcnemar: Whether one is right more often.
    """

    differences: dict[str, Difference]
    mcnemar: McNemar


def figures_of(model: str, split: Split, probabilities: NDArray[np.floating]) -> ModelFigures:
    """Measures one model.

    Args:
        model: What to call it.
        split: At least one sentence.
        probabilities: Of acceptable, from 0 to 1, shape (sentences,), in the split's order.
    """
    answers = predicted(probabilities)
    confusion = _confusion(split.labels, answers)
    groups = groups_of(split.sources)
    return ModelFigures(
        model=model,
        figures=estimates(confusion),
        confusion=confusion.tolist(),
        degenerate=len(np.unique(answers)) == 1,
        groups=None if groups is None else _parts(groups, split.labels, answers),
        sources=_parts(split.sources, split.labels, answers) if any(split.sources) else None,
    )


def compare(split: Split, first: NDArray[np.floating], second: NDArray[np.floating]) -> Comparison:
    """Sets one model's probabilities against another's; as in `figures_of`, the first model first."""
    labels, one, other = np.asarray(split.labels), predicted(first), predicted(second)
    pairs = np.bincount(4 * labels + 2 * one + other, minlength=8).reshape(2, 2, 2)
    only_first, only_second = pairs[0, 0, 1] + pairs[1, 1, 0], pairs[0, 1, 0] + pairs[1, 0, 1]
    return Comparison(differences(pairs), mcnemar(int(only_first), int(only_second)))


def predicted(probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
    """The labels that probabilities of acceptable come to: 1 above one half, else 0; int64 of the same shape."""
    return (np.asarray(probabilities) > THRESHOLD).astype(np.int64)


def _confusion(labels: Sequence[int], answers: NDArray[np.int64]) -> Counts:
    return np.bincount(2 * np.asarray(labels) + answers, minlength=4).reshape(2, 2)


def _parts(names: Sequence[str], labels: Sequence[int], answers: NDArray[np.int64]) -> list[PartFigures]:
    """The figures of the sentences of each name, in the order in which the names first occur."""
    rows: Mapping[str, list[int]] = {name: [] for name in names}
    for row, name in enumerate(names):
        rows[name].append(row)
    return [_part(name, [labels[row] for row in mine], answers[mine]) for name, mine in rows.items()]


def _part(name: str, labels: list[int], answers: NDArray[np.int64]) -> PartFigures:
    figures = estimates(_confusion(labels, answers))
    return PartFigures(name, len(labels), figures["accuracy"], figures["mcc"] if len(set(labels)) > 1 else None)
