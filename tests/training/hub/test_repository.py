"""How long the Hub is waited for, and what its failures mean."""

from __future__ import annotations

import threading
import time

import pytest

from colactl.errors import ModelError
from colactl.training.hub import repository
from colactl.training.hub.repository import NoAnswerError, Repository, answer_in_time


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "PATIENCE", 1.0)
    monkeypatch.setattr(repository, "PAUSE", 0.05)


def test_a_failure_that_passes_is_waited_for() -> None:
    failures = [ConnectionError("refused"), TimeoutError()]

    def question() -> str:
        if failures:
            raise failures.pop()
        return "answer"

    assert answer_in_time(question) == "answer"


def test_another_failure_is_raised_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(PermissionError):
        answer_in_time(lambda: (_ for _ in ()).throw(PermissionError("full")))
    assert time.monotonic() - begun < 1


def test_no_answer_ends_with_the_last_failure() -> None:
    def refuse() -> None:
        raise ConnectionError("refused")

    with pytest.raises(NoAnswerError) as caught:
        answer_in_time(refuse)
    assert str(caught.value.__cause__) == "refused"


def test_a_question_that_hangs_is_left_behind() -> None:
    released = threading.Event()
    with pytest.raises(NoAnswerError) as caught:
        answer_in_time(lambda: released.wait(60))
    assert caught.value.__cause__ is None
    released.set()


def test_what_is_no_name_is_an_error() -> None:
    with pytest.raises(ModelError, match=r"no folder '\.\./model'"):
        Repository("../model", "model", "main").cached(["*"])
