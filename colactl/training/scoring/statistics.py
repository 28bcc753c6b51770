"""A model's metrics on a split with their intervals, by source too, and how two models differ.

Intervals are bootstrapped from counts alone. A resample of n sentences, drawn with replacement, changes a metric only
through its confusion counts, and these follow a multinomial law with the observed shares. Drawing the counts is
therefore the bootstrap itself (Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 6 and 13), with no
sentence to go through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colactl.training.data.split import Split, groups_of
from colactl.training.labels import is_acceptable

RESAMPLES = 10_000  # the ends of a 95% interval then move by some hundredths of its width from seed to seed
LEVEL = 0.95
SEED = 0  # the same counts give the same interval, always
EXACT_BELOW = 25  # discordant pairs, the usual bound: with fewer, chi-squared is a poor likeness of the binomial

Labels = NDArray[np.int64]  # 0 or 1 each
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% percentile bootstrap interval.

    Attributes:
        value: The figure itself.
        low: The interval's lower end; None where the figure is 0 by convention and an interval would say nothing.
        high: Its upper end, likewise.
    """

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Difference(Estimate):
    """A figure of the second model less the first one's, bootstrapped over pairs.

    Attributes:
        p: Two-sided: the smallest level at which the percentile interval leaves out 0 (Efron & Tibshirani 1993,
            section 15.4), and never 0 itself: each side counts one resample more than were seen.
    """

    p: float


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of whether two models are right equally often (McNemar 1947).

    Attributes:
        only_first_right: Sentences that the first model judges rightly and the second wrongly.
        only_second_right: The other way round.
        method: "exact binomial" below 25 such sentences, else "chi-squared with continuity correction" (Edwards 1948).
        p: Two-sided; 1 where the models are never right alone.
    """

    only_first_right: int
    only_second_right: int
    method: str
    p: float


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
    labels, predictions = np.asarray(split.labels), _predictions(probabilities)
    confusion = _confusion(labels, predictions)
    groups = groups_of(split.sources)
    return ModelFigures(
        model=model,
        figures=estimates(confusion),
        confusion=confusion.tolist(),
        degenerate=len(np.unique(predictions)) == 1,
        groups=None if groups is None else _parts(groups, labels, predictions),
        sources=_parts(split.sources, labels, predictions) if any(split.sources) else None,
    )


def compare(split: Split, first: NDArray[np.floating], second: NDArray[np.floating]) -> Comparison:
    """Compares two models' probabilities, each as in `figures_of`."""
    pairs = np.bincount(4 * np.asarray(split.labels) + 2 * _predictions(first) + _predictions(second), minlength=8)
    pairs = pairs.reshape(2, 2, 2)
    only_first, only_second = pairs[0, 0, 1] + pairs[1, 1, 0], pairs[0, 1, 0] + pairs[1, 0, 1]
    return Comparison(differences(pairs), mcnemar(int(only_first), int(only_second)))


def _predictions(probabilities: NDArray[np.floating]) -> Labels:
    predictions: Labels = is_acceptable(np.asarray(probabilities)).astype(np.int64)
    return predictions


def _confusion(labels: Labels, predictions: Labels) -> Counts:
    return np.bincount(2 * labels + predictions, minlength=4).reshape(2, 2)


def _parts(names: Sequence[str], labels: Labels, predictions: Labels) -> list[PartFigures]:
    """The figures of the sentences of each name, in the order in which the names first occur."""
    rows: dict[str, list[int]] = {name: [] for name in names}
    for row, name in enumerate(names):
        rows[name].append(row)
    parts = []
    for name, own in rows.items():
        confusion = _confusion(labels[own], predictions[own])
        figures = estimates(confusion)
        one_label = not confusion.sum(axis=1).all()
        parts.append(PartFigures(name, len(own), figures["accuracy"], None if one_label else figures["mcc"]))
    return parts


def mcc(confusion: Counts) -> Floats:
    """Matthews correlations; 0 where the labels or the predictions are all alike, as in `metrics.measure`.

    Args:
        confusion: Counts of shape (..., 2, 2): rows are the true label, columns the predicted one.

    Returns:
        float64 of shape (...), from -1 to 1.
    """
    (tn, fp), (fn, tp) = _cells(confusion)
    squared = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return _divided(tp * tn - fp * fn, np.sqrt(squared))


def accuracy(confusion: Counts) -> Floats:
    """Shares of right answers; shapes as in `mcc`, from 0 to 1."""
    (tn, fp), (fn, tp) = _cells(confusion)
    return _divided(tn + tp, tn + fp + fn + tp)


def f1(confusion: Counts) -> Floats:
    """F1 of the acceptable class, 0 where it occurs neither as label nor as prediction; shapes as in `mcc`."""
    (_, fp), (fn, tp) = _cells(confusion)
    return _divided(2 * tp, 2 * tp + fp + fn)


FIGURES: dict[str, Callable[[Counts], Floats]] = {"mcc": mcc, "accuracy": accuracy, "f1": f1}


def undefined(confusion: Counts) -> bool:
    """Whether the labels or the predictions are all alike, so that the MCC is 0 by convention only."""
    return bool((confusion.sum(axis=0) == 0).any() or (confusion.sum(axis=1) == 0).any())


def estimates(confusion: Counts) -> dict[str, Estimate]:
    """MCC, accuracy and F1 with their intervals.

    A resample whose MCC is undefined counts as 0. A figure at its bound, such as an accuracy of 1, gets an interval
    without width: the bootstrap knows nothing but the sample.

    Args:
        confusion: int64 of shape (2, 2), not all 0; rows are the true label, columns the predicted one.
    """
    draws = resampled(confusion)
    values = {name: Estimate(float(figure(confusion)), *_interval(figure(draws))) for name, figure in FIGURES.items()}
    return values | ({"mcc": Estimate(0.0, None, None)} if undefined(confusion) else {})


def differences(pairs: Counts) -> dict[str, Difference]:
    """What the second model has over the first in MCC, accuracy and F1.

    Args:
        pairs: int64 of shape (2, 2, 2), not all 0: by true label, first and second prediction.

    Returns:
        The differences. Where both models' MCC is undefined, that of the MCC is 0 without an interval, its p 1.
    """
    draws = resampled(pairs)
    first, second = pairs.sum(axis=2), pairs.sum(axis=1)
    values = {}
    for name, figure in FIGURES.items():
        drawn = figure(draws.sum(axis=-2)) - figure(draws.sum(axis=-1))
        value = float(figure(second) - figure(first))
        values[name] = Difference(value, *_interval(drawn), _p(drawn))
    if undefined(first) and undefined(second):
        values["mcc"] = Difference(0.0, None, None, 1.0)
    return values


def mcnemar(only_first_right: int, only_second_right: int) -> McNemar:
    """The test from its two counts; see `McNemar`."""
    fewer, discordant = min(only_first_right, only_second_right), only_first_right + only_second_right
    if discordant < EXACT_BELOW:
        tail = sum(math.comb(discordant, count) for count in range(fewer + 1)) / 2**discordant
        return McNemar(only_first_right, only_second_right, "exact binomial", min(1.0, 2 * tail))
    statistic = max(0, abs(only_first_right - only_second_right) - 1) ** 2 / discordant
    p = math.erfc(math.sqrt(statistic / 2))  # the upper tail of chi-squared with one degree of freedom
    return McNemar(only_first_right, only_second_right, "chi-squared with continuity correction", p)


def resampled(counts: Counts) -> Counts:
    """Bootstrap resamples of a table of counts; int64 of shape (RESAMPLES, *counts.shape), each with the same sum."""
    total = int(counts.sum())
    draws = np.random.default_rng(SEED).multinomial(total, counts.ravel() / total, size=RESAMPLES)
    return draws.reshape(RESAMPLES, *counts.shape)


def _cells(confusion: Counts) -> Floats:
    """Indexed by row and column first; floats, as a product of four counts is beyond 64 bits."""
    return np.moveaxis(confusion.astype(np.float64), (-2, -1), (0, 1))


def _divided(part: Floats, whole: Floats) -> Floats:
    """With 0 / 0 = 0."""
    quotient: Floats = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    return quotient


def _interval(drawn: Floats) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _p(drawn: Floats) -> float:
    side = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (side + 1) / (len(drawn) + 1))
