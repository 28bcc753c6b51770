"""How far a run is, in whatever way it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from colactl.errors import ConfigError, DataError, Interrupted
from colactl.runs.create import create
from colactl.runs.run import Run
from tests.conftest import ROOT
from tests.disks import fill


def test_the_course_of_a_run() -> None:
    run = create(Path("mine"))
    with run.recording():
        assert run.status == "running"
        run.complete({"mcc": 0.5})
    assert (run.status, run.exit_code, run.error, run.result) == ("done", 0, None, {"mcc": 0.5})


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DataError("No such file.", "Look again."), "failed", 3),
        (ValueError("odd"), "failed", 1),
        (SystemExit(3), "failed", 3),
        (KeyboardInterrupt(), "interrupted", 130),
        (Interrupted("Stopped.", signal_number=15), "interrupted", 143),
    ],
)
def test_a_failure_is_recorded_and_raised_again(error: BaseException, status: str, code: int) -> None:
    run = create(Path("mine"))
    with pytest.raises(type(error)), run.recording():
        raise error
    assert (run.status, run.exit_code, run.result) == (status, code, None)
    assert "Traceback" in (run.folder / "train.log").read_text()


def test_a_failure_is_recorded_on_a_full_disk_too(small_disk: Path) -> None:
    run = create(small_disk / "mine")
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"), run.recording():
        (run.folder / "new").write_text("x")
    assert (run.status, run.exit_code, run.error) == ("failed", 1, "[Errno 28] No space left on device")
    with pytest.raises(SystemExit), run.recording():
        raise SystemExit(3)
    assert (run.status, run.error) == ("failed", "SystemExit: 3")  # shorter than what stood there


def test_a_killed_run_reads_as_interrupted() -> None:
    run = create(Path("mine"))
    program = f"""
import pathlib, time
from colactl.runs.run import Run
with Run(pathlib.Path({str(run.folder)!r})).recording():
    print("held", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.readline()
    assert run.status == "running"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert run.status == "interrupted"
    assert json.loads((run.folder / "status.json").read_text())["status"] == "running"


def test_a_run_that_is_not_there_is_pending() -> None:
    assert Run(Path("nowhere")).status == "pending"
    with pytest.raises(ConfigError, match="is no run's folder"):
        _ = Run(Path("nowhere")).config


@pytest.mark.parametrize(("name", "text"), [("config.yaml", "- seed"), (".hydra/overrides.yaml", "seed: 1")])
def test_a_record_that_is_of_another_kind(name: str, text: str) -> None:
    run = create(Path("mine"))
    (run.folder / ".hydra").mkdir()
    (run.folder / name).write_text(text)
    with pytest.raises(ConfigError, match=r"is no (config|list of overrides)"):
        _ = run.config if name == "config.yaml" else run.overrides
