from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from colactl.minimal_pairs import FAMILIES
from colactl.training.data.split import Split
from colactl.training.network.metrics import Scored, measure
from colactl.training.scoring.figures import compare, figures_of, predicted

LABELS = [1, 0, 1, 1, 0, 1]
SCORES = np.array([0.9, 0.2, 0.4, 0.8, 0.7, 0.6])  # the third and the fifth are wrong
OTHER = np.array([0.9, 0.2, 0.9, 0.8, 0.7, 0.1])


def split(sources: list[str]) -> Split:
    return Split([f"Sentence {number}." for number in range(len(LABELS))], LABELS, sources)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(-9, 9), st.floats(-9, 9)), min_size=1))
def test_the_figures_are_those_that_a_validation_measures(rows):
    labels, *logits = zip(*rows, strict=True)
    scored = Scored(torch.tensor(logits, dtype=torch.float32).T, torch.tensor(labels))
    # In float32, logits less than one millionth apart may have the same softmax.
    if ((scored.logits[:, 0] - scored.logits[:, 1]).abs() < 1e-6).any():
        return
    corpus = Split(["A sentence."] * len(labels), list(labels), [""] * len(labels))
    found, measured = figures_of("m", corpus, np.array(scored.probabilities())), measure(scored)
    assert {name: estimate.value for name, estimate in found.figures.items()} == pytest.approx(
        {name: measured[name] for name in found.figures}, abs=1e-5
    )
    assert found.confusion == scored.confusion()
    assert found.degenerate == scored.degenerate()


def test_a_tie_is_unacceptable_as_in_argmax():
    assert predicted(np.array([0.5, 0.51, 0.49], dtype=np.float32)).tolist() == [0, 1, 0]
    assert torch.zeros(1, 2).argmax(dim=1).tolist() == [0]


def test_by_source_in_the_order_of_the_split():
    found = figures_of("m", split(["b", "a", "b", "b", "a", "c"]), SCORES)
    assert [(part.name, part.sentences) for part in found.sources] == [("b", 3), ("a", 2), ("c", 1)]
    assert [part.accuracy.value for part in found.sources] == pytest.approx([2 / 3, 1 / 2, 1])
    assert [part.mcc for part in found.sources] == [None, None, None]  # each has one label only
    assert found.groups is None
    assert figures_of("m", split([""] * 6), SCORES).sources is None


def test_colas_domains():
    found = figures_of("m", split(["gj04", "gj04", "l-93", "clc95", "w_80", "w_80"]), SCORES)
    assert [(part.name, part.sentences) for part in found.groups] == [("in-domain", 3), ("out-of-domain", 3)]
    assert found.groups[0].mcc.value == pytest.approx(0.5)
    assert found.groups[0].accuracy.value == pytest.approx(2 / 3)
    assert figures_of("m", split(["gj04"] * 5 + ["mine"]), SCORES).groups is None


def test_the_embedded_corpuss_families():
    (phenomenon, family), *_ = FAMILIES.items()
    found = figures_of("m", split([phenomenon] * 6), SCORES)
    assert [part.name for part in found.groups] == [family]
    assert found.groups[0].mcc == found.figures["mcc"]


def test_two_models_sentence_by_sentence():
    found = compare(split([""] * 6), SCORES, OTHER)
    assert (found.mcnemar.only_first_right, found.mcnemar.only_second_right) == (1, 1)
    assert found.differences["accuracy"].value == 0
    better = compare(split([""] * 6), SCORES, np.array(LABELS, dtype=float))
    assert (better.mcnemar.only_first_right, better.mcnemar.only_second_right) == (0, 2)
    assert better.differences["accuracy"].value == pytest.approx(1 / 3)
    own = figures_of("m", split([""] * 6), SCORES).figures["mcc"].value
    assert better.differences["mcc"].value == pytest.approx(1 - own)
