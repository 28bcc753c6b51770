"""Which of several signals are one, and what comes of one that a library swallows."""

from __future__ import annotations

from contextlib import suppress
from signal import SIGINT, SIGTERM

import pytest

from colactl.errors import DataError, Interrupted
from colactl.training.loop import interruption
from colactl.training.loop.interruption import Asked, interruptible


def test_a_second_signal_is_obeyed_at_once_unless_it_is_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    with interruptible() as signals:
        signals.hold()
        signals(SIGTERM, None)
        signals(SIGTERM, None)  # Slurm's, to every process of the job, and the sweep's, to the job
        assert signals.received == SIGTERM
        with pytest.raises(Asked):
            signals(SIGINT, None)
        monkeypatch.setattr(interruption, "ECHO", 0.0)
        with pytest.raises(Asked):
            signals(SIGTERM, None)


@pytest.mark.parametrize("second", [SIGINT, SIGTERM])
def test_nothing_is_an_echo_of_ctrl_c(second: int) -> None:
    with interruptible() as signals:
        signals.hold()
        signals(SIGINT, None)
        with pytest.raises(Asked):
            signals(second, None)


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM])
@pytest.mark.parametrize("after", [RecursionError("maximum recursion depth exceeded"), DataError("there is no file")])
def test_what_fails_after_a_swallowed_signal_was_interrupted(signal: int, after: Exception) -> None:
    with pytest.raises(Interrupted) as raised:
        _fail_after_swallowing(signal, after)
    assert raised.value.exit_code == 128 + signal
    assert raised.value.__cause__ is after


def test_what_fails_without_a_signal_is_no_interruption() -> None:
    with pytest.raises(RecursionError), interruptible():
        raise RecursionError


def _fail_after_swallowing(signal: int, error: Exception) -> None:
    with interruptible() as signals:
        with suppress(BaseException):  # as a half-done import of NumPy's does
            signals(signal, None)
        raise error
