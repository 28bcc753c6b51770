"""What the supervisor and its workers do, piece by piece; tests/cli/test_devices.py has them at work together."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.errors import TrainingError
from colactl.redaction import HIDDEN
from colactl.training.devices import follow, processes, supervisor, worker

SECRET = "correct-horse-battery"


def test_signals_at_the_same_time_are_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with supervisor._signals() as received:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert received == [signal.SIGTERM]
        monkeypatch.setattr(supervisor, "ONE_REQUEST", 0.0)
        signal.raise_signal(signal.SIGINT)
        assert received == [signal.SIGTERM, signal.SIGINT]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_worker_on_a_full_disk_still_answers(tmp_path: Path) -> None:
    (tmp_path / "train.log").symlink_to("/dev/full")
    error = OSError(errno.ENOSPC, "No space left on device")
    assert worker._told(error, tmp_path, 1) is error


def test_what_a_worker_says_is_kept_without_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says it as a native library does: straight to the descriptor, and dies."""
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    (tmp_path / "colactl" / "training" / "devices").mkdir(parents=True)
    for package in ("colactl", "colactl/training", "colactl/training/devices"):
        (tmp_path / package / "__init__.py").touch()
    words = f"import os\nos.write(2, b'key {SECRET} refused')\nos.abort()\n"
    (tmp_path / "colactl" / "training" / "devices" / "worker.py").write_text(words)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    started = processes.start(tmp_path, 1, environment, tmp_path / "train.log", [])
    assert started.process.wait(timeout=30) == -signal.SIGABRT
    processes.end([started])
    started.answers.close()
    assert (tmp_path / "train.log").read_text() == f"key {HIDDEN} refused"


def test_a_followers_traceback_has_no_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    with pytest.raises(TrainingError):
        follow.follow(OmegaConf.create({"seed": f"${{{SECRET}}}"}), None)
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert HIDDEN in err
    assert SECRET not in err
