"""Which of several signals are one."""

from __future__ import annotations

from signal import SIGINT, SIGTERM

import pytest

from colactl.training import interruption
from colactl.training.interruption import Asked, interruptible


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
