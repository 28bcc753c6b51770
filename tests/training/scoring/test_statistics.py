"""Intervals and tests against torchmetrics, SciPy, a bootstrap of the sentences themselves, and the literature."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from colactl.minimal_pairs import FAMILIES
from colactl.training.data.split import Split
from colactl.training.network.metrics import Scored, measure
from colactl.training.scoring import statistics
from colactl.training.scoring.statistics import (
    FIGURES,
    compare,
    differences,
    estimates,
    figures_of,
    mcnemar,
    resampled,
    undefined,
)

some = st.integers(5, 400)
any_number = st.integers(0, 60)


def table(*cells: int) -> np.ndarray:
    size = len(cells)
    return np.array(cells, dtype=np.int64).reshape((2, 2) if size == 4 else (2, 2, 2))


def sentences(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels and predictions with these counts."""
    labels, predictions = np.repeat(np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), confusion.ravel(), axis=1)
    return labels, predictions


@settings(max_examples=50, deadline=None)
@given(any_number, any_number, any_number, any_number)
def test_the_figures_are_those_of_a_validation(tn, fp, fn, tp):
    confusion = table(tn, fp, fn, tp)
    if not confusion.sum():
        return
    labels, predictions = map(torch.tensor, sentences(confusion))
    scored = Scored(torch.nn.functional.one_hot(predictions, 2).float(), labels)
    measured = measure(scored)
    assert scored.confusion() == confusion.tolist()
    assert {name: estimate.value for name, estimate in estimates(confusion).items()} == pytest.approx(
        {name: measured[name] for name in FIGURES}, abs=1e-6
    )


@settings(max_examples=30, deadline=None)
@given(some, some, some, some)
def test_an_interval_holds_its_figure_and_narrows_with_more_data(tn, fp, fn, tp):
    confusion = table(tn, fp, fn, tp)
    less, more = estimates(confusion), estimates(9 * confusion)
    for name in FIGURES:
        assert less[name].low < less[name].value < less[name].high
        narrower = (more[name].high - more[name].low) / (less[name].high - less[name].low)
        assert narrower == pytest.approx(1 / 3, rel=0.2)  # as 1 over the square root of the data


def test_drawing_counts_is_drawing_sentences():
    confusion = table(60, 40, 25, 175)
    labels, predictions = sentences(confusion)
    rows = np.random.default_rng(7).integers(len(labels), size=(4000, len(labels)))
    x, y = (values[rows] - values[rows].mean(axis=1, keepdims=True) for values in (labels, predictions))
    naive = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))  # Pearson's, which the MCC is
    wanted = [0.025, 0.16, 0.5, 0.84, 0.975]
    assert np.quantile(FIGURES["mcc"](resampled(confusion)), wanted) == pytest.approx(
        np.quantile(naive, wanted), abs=0.01
    )
    found = estimates(confusion)["mcc"]
    assert (found.low, found.high) == pytest.approx(np.quantile(naive, [0.025, 0.975]), abs=0.01)


def test_the_same_counts_give_the_same_interval():
    assert estimates(table(3, 1, 2, 9)) == estimates(table(3, 1, 2, 9))


def test_an_interval_covers_the_truth_as_often_as_it_says():
    """250 samples of 300 sentences from a known law: the true MCC is inside about 95% of the intervals."""
    law = np.array([0.2, 0.1, 0.1, 0.6])
    truth = float(FIGURES["mcc"](table(200, 100, 100, 600)))
    found = [estimates(table(*sample))["mcc"] for sample in np.random.default_rng(1).multinomial(300, law, size=250)]
    inside = [estimate.low <= truth <= estimate.high for estimate in found]
    assert 0.92 <= np.mean(inside) <= 0.98


@pytest.mark.parametrize(
    ("confusion", "values"),
    [
        (table(0, 7, 0, 13), (0.0, 0.65, 26 / 33)),  # says yes to everything
        (table(7, 0, 13, 0), (0.0, 0.35, 0.0)),  # no to everything
        (table(0, 0, 4, 9), (0.0, 9 / 13, 18 / 22)),  # one label only
        (table(5, 0, 0, 0), (0.0, 1.0, 0.0)),
    ],
)
def test_where_there_is_no_correlation_there_is_no_interval_of_it(confusion, values):
    found = estimates(confusion)
    assert undefined(confusion)
    assert tuple(estimate.value for estimate in found.values()) == pytest.approx(values)
    assert (found["mcc"].low, found["mcc"].high) == (None, None)
    assert found["accuracy"].low <= found["accuracy"].value <= found["accuracy"].high


def test_one_sentence():
    assert estimates(table(0, 0, 0, 1))["accuracy"] == statistics.Estimate(1.0, 1.0, 1.0)


def test_very_many_sentences_do_not_overflow():
    assert estimates(10**8 * table(5, 1, 1, 5))["mcc"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("first", "second", "method", "p"),
    [
        # Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91, on Bentur et al. 2009
        (1, 7, "exact binomial", 0.0703),
        # Agresti, Categorical Data Analysis, a prime minister's approval: 17.36, or 16.82 with the correction
        (150, 86, "chi-squared with continuity correction", chi2.sf(63**2 / 236, 1)),
        (12, 12, "exact binomial", 1.0),
        (13, 13, "chi-squared with continuity correction", 1.0),
        (0, 0, "exact binomial", 1.0),
    ],
)
def test_mcnemar_as_published(first, second, method, p):
    found = mcnemar(first, second)
    assert (found.only_first_right, found.only_second_right, found.method) == (first, second, method)
    assert found.p == pytest.approx(p, rel=1e-3)


@given(st.integers(0, 24), st.integers(0, 24))
def test_mcnemar_below_25_is_the_binomial_test(first, second):
    if 0 < first + second < 25:
        assert mcnemar(first, second).p == pytest.approx(binomtest(first, first + second).pvalue)


@given(st.integers(25, 300), st.integers(0, 300))
def test_mcnemar_from_25_on_is_near_the_binomial_test(first, second):
    assert mcnemar(first, second).p == pytest.approx(binomtest(first, first + second).pvalue, abs=0.015)


def test_equal_models_do_not_differ():
    found = differences(table(50, 0, 0, 10, 20, 0, 0, 90))
    assert {name: (d.value, d.low, d.high, d.p) for name, d in found.items()} == dict.fromkeys(FIGURES, (0, 0, 0, 1))


def test_a_difference_turns_round_with_its_models():
    pairs = table(50, 5, 20, 10, 20, 8, 30, 90)
    there, back = differences(pairs), differences(pairs.transpose(0, 2, 1))
    for name in FIGURES:
        assert there[name].value == pytest.approx(-back[name].value)
        assert there[name].low == pytest.approx(-back[name].high, abs=0.01)
        assert there[name].p == pytest.approx(back[name].p, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(5, 200), min_size=8, max_size=8))
def test_a_difference_lies_in_its_interval_and_p_says_whether_0_does(cells):
    for found in differences(table(*cells)).values():
        assert found.low < found.value < found.high
        assert 0 < found.p <= 1
        if found.p < 0.049 or found.p > 0.051:
            assert (found.p > 0.05) == (found.low <= 0 <= found.high)


def test_pairing_tells_more_than_two_intervals_do():
    """Models that agree on nearly everything: their own intervals overlap, and their difference is beyond doubt."""
    pairs = table(200, 5, 25, 100, 60, 25, 5, 500)
    first, second = (estimates(pairs.sum(axis=axis))["mcc"] for axis in (2, 1))
    assert second.low < first.high
    assert differences(pairs)["mcc"].low > 0
    assert differences(pairs)["mcc"].p < 0.001


def test_two_models_that_each_say_one_thing():
    pairs = np.zeros((2, 2, 2), dtype=np.int64)
    pairs[0, 0, 1], pairs[1, 0, 1] = 7, 13  # the first says no to all, the second yes
    found = differences(pairs)
    assert found["mcc"] == statistics.Difference(0.0, None, None, 1.0)
    assert found["accuracy"].value == pytest.approx(0.3)


LABELS = [1, 0, 1, 1, 0, 1]
SCORES = np.array([0.9, 0.2, 0.4, 0.8, 0.7, 0.6])  # the third and the fifth are wrong
OTHER = np.array([0.9, 0.2, 0.9, 0.8, 0.7, 0.1])


def split(sources: list[str]) -> Split:
    return Split([f"Sentence {number}." for number in range(len(LABELS))], LABELS, sources)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(-9, 9), st.floats(-9, 9)), min_size=1))
def test_probabilities_give_the_figures_that_a_validation_measures(rows):
    labels, *logits = zip(*rows, strict=True)
    scored = Scored(torch.tensor(logits, dtype=torch.float32).T, torch.tensor(labels))
    corpus = Split(["A sentence."] * len(labels), list(labels), [""] * len(labels))
    figures, measured = figures_of("m", corpus, np.array(scored.probabilities())), measure(scored)
    assert {name: estimate.value for name, estimate in figures.figures.items()} == pytest.approx(
        {name: measured[name] for name in figures.figures}, abs=1e-5
    )
    assert figures.confusion == scored.confusion()
    assert figures.degenerate == scored.degenerate()


def test_by_source_in_the_order_of_the_split():
    figures = figures_of("m", split(["b", "a", "b", "b", "a", "c"]), SCORES)
    assert [(part.name, part.sentences) for part in figures.sources] == [("b", 3), ("a", 2), ("c", 1)]
    assert [part.accuracy.value for part in figures.sources] == pytest.approx([2 / 3, 1 / 2, 1])
    assert [part.mcc for part in figures.sources] == [None, None, None]  # each has one label only
    assert figures.groups is None
    assert figures_of("m", split([""] * 6), SCORES).sources is None


def test_colas_domains():
    figures = figures_of("m", split(["gj04", "gj04", "l-93", "clc95", "w_80", "w_80"]), SCORES)
    assert [(part.name, part.sentences) for part in figures.groups] == [("in-domain", 3), ("out-of-domain", 3)]
    assert figures.groups[0].mcc.value == pytest.approx(0.5)
    assert figures.groups[0].accuracy.value == pytest.approx(2 / 3)
    assert figures_of("m", split(["gj04"] * 5 + ["mine"]), SCORES).groups is None


def test_the_embedded_corpuss_families():
    (phenomenon, family), *_ = FAMILIES.items()
    figures = figures_of("m", split([phenomenon] * 6), SCORES)
    assert [part.name for part in figures.groups] == [family]
    assert figures.groups[0].mcc == figures.figures["mcc"]


def test_two_models_sentence_by_sentence():
    figures = compare(split([""] * 6), SCORES, OTHER)
    assert (figures.mcnemar.only_first_right, figures.mcnemar.only_second_right) == (1, 1)
    assert figures.differences["accuracy"].value == 0
    better = compare(split([""] * 6), SCORES, np.array(LABELS, dtype=float))
    assert (better.mcnemar.only_first_right, better.mcnemar.only_second_right) == (0, 2)
    assert better.differences["accuracy"].value == pytest.approx(1 / 3)
    own = figures_of("m", split([""] * 6), SCORES).figures["mcc"].value
    assert better.differences["mcc"].value == pytest.approx(1 - own)
