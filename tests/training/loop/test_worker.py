from __future__ import annotations

import errno
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.errors import TrainingError
from colactl.host.ranks import ProcessGroup
from colactl.redaction import HIDDEN
from colactl.training.loop import worker

SECRET = "correct-horse-battery"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_worker_on_a_full_disk_still_answers(tmp_path: Path) -> None:
    (tmp_path / "train.log").symlink_to("/dev/full")
    error = OSError(errno.ENOSPC, "No space left on device")
    assert worker._logged(error, tmp_path, 1) is error


def test_a_workers_traceback_has_no_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOME_TOKEN", SECRET)
    with pytest.raises(TrainingError):
        worker.train_along(OmegaConf.create({"seed": f"${{{SECRET}}}"}), None, ProcessGroup(1, "torchrun"))
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert HIDDEN in err
    assert SECRET not in err
