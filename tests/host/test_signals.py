"""Repeated signals, and signals that a library swallows."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from signal import SIGINT, SIGTERM

import pytest

from colactl.errors import DataError, Interrupted
from colactl.host import signals as host_signals
from colactl.host.signals import StopSignal, interruptible


def test_a_second_signal_is_obeyed_at_once_unless_it_is_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    with interruptible() as handler:
        handler.hold()
        handler(SIGTERM, None)
        handler(SIGTERM, None)  # Slurm's, to every process of the job, and the sweep's, to the job
        assert handler.pending == SIGTERM
        with pytest.raises(StopSignal):
            handler(SIGINT, None)
        monkeypatch.setattr(host_signals, "REPEAT_WINDOW", 0.0)
        with pytest.raises(StopSignal):
            handler(SIGTERM, None)


@pytest.mark.parametrize("second", [SIGINT, SIGTERM])
def test_nothing_is_an_echo_of_ctrl_c(second: int) -> None:
    with interruptible() as handler:
        handler.hold()
        handler(SIGINT, None)
        with pytest.raises(StopSignal):
            handler(second, None)


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
@pytest.mark.parametrize("after", [RecursionError("maximum recursion depth exceeded"), DataError("there is no file")])
def test_what_fails_after_a_swallowed_signal_was_interrupted(number: int, after: Exception) -> None:
    with pytest.raises(Interrupted) as raised:
        _fail_after_swallowing(number, after)
    assert raised.value.exit_code == 128 + number
    assert raised.value.__cause__ is after


def test_what_fails_without_a_signal_is_no_interruption() -> None:
    with pytest.raises(RecursionError), interruptible():
        raise RecursionError


def _fail_after_swallowing(number: int, error: Exception) -> None:
    with interruptible() as handler:
        with suppress(BaseException):  # as a half-done import of NumPy's does
            handler(number, None)
        raise error


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(SIGINT, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), SIGINT)
    finally:
        signal.signal(SIGINT, before)
