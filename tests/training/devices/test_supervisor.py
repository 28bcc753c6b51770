"""What the supervisor and its workers do, piece by piece; tests/cli/test_devices.py has them at work together."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from colactl.redaction import HIDDEN
from colactl.training.devices import supervisor

SECRET = "correct-horse-battery"


def test_signals_at_the_same_time_are_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with supervisor._stop_requests() as requests:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert requests == [signal.SIGTERM]
        monkeypatch.setattr(supervisor, "SIGNAL_WINDOW", 0.0)
        signal.raise_signal(signal.SIGINT)
        assert requests == [signal.SIGTERM, signal.SIGINT]


def test_what_a_worker_says_is_kept_without_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says it as a native library does: straight to the descriptor, and dies."""
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    (tmp_path / "colactl" / "training" / "loop").mkdir(parents=True)
    for package in ("colactl", "colactl/training", "colactl/training/loop"):
        (tmp_path / package / "__init__.py").touch()
    words = f"import os\nos.write(2, b'key {SECRET} refused')\nos.abort()\n"
    (tmp_path / "colactl" / "training" / "loop" / "worker.py").write_text(words)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    started = supervisor.start(tmp_path, 1, environment, [])
    assert started.process.wait(timeout=30) == -signal.SIGABRT
    supervisor.end([started])
    started.answers.close()
    assert (tmp_path / "train.log").read_text() == f"key {HIDDEN} refused"
