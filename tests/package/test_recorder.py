"""The recorder: what it folds, what it takes for a difference, and that its cases are as they should be."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.recorder.cases import CASES
from tests.recorder.comparing import ABSENT, differences, fold, fold_value


def test_the_cases_have_names_of_their_own() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
    assert sum(case.process == "light" for case in CASES) > 300
    assert sum(case.process != "light" for case in CASES) > 20


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("outputs/2026-11-23/07-13-22-k3f9\n", "outputs/<stamp>\n"),
        ("since 2026-11-28T04:52:56+00:00", "since <time>"),
        ("took 1.25 s, 300 sentences/s", "took <duration>, <duration>"),
        ("wandb/offline-run-20261128_045256-abcd1234/x", "wandb/<wandb run>/x"),
        ("max_epochs: 3\nlr: 1e-05\n", "max_epochs: 3\nlr: 1e-05\n"),
    ],
)
def test_what_must_differ_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_what_was_measured_is_folded_at_any_depth() -> None:
    rows = [{"result": {"mcc": 0.5, "seconds": 3.2}}, {"sentences_per_second": 7}]
    assert fold_value(rows) == [
        {"result": {"mcc": 0.5, "seconds": "<measured>"}},
        {"sentences_per_second": "<measured>"},
    ]


def test_values_that_are_equal_and_yet_not_the_same() -> None:
    base = {"0: exit code": 0, "0: stdout": {"epochs": 1}, "file a": "x", "0: stderr": "talk"}
    assert differences("case", base, dict(base)) == []
    here = {"0: exit code": 2, "0: stdout": {"epochs": 1.0}, "0: stderr": "other", "file r/train.log": "log"}
    several = differences("case", base, here)
    assert {each.fact: (each.base, each.here) for each in several} == {
        "0: exit code": (0, 2),
        "0: stdout": ({"epochs": 1}, {"epochs": 1.0}),
        "0: stderr": ("talk", "other"),
        "file a": ("x", ABSENT),
        "file r/train.log": (ABSENT, "log"),
    }
    assert {each.fact for each in several if each.is_talk} == {"0: stderr", "file r/train.log"}
    assert '- "epochs": 1\n' in str(several[1])
