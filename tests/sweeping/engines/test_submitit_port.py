"""submitit still asks and waits as the port takes it to; with a squeue that is a script, and jobs on this machine."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import submitit
from submitit import Job, SlurmJob

from colactl.sweeping.engines import submitit_port
from colactl.sweeping.engines.submitit_port import QueueWatcher, patient_submitit, withdraw

Says = Callable[[str], None]


@pytest.fixture
def slurm_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Says:
    """Sets what squeue prints; scancel notes its arguments in `cancelled`."""
    programs = {"squeue": "cat states || exit 1", "scancel": 'echo "$@" >> cancelled', "sacct": "echo >> asked"}
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncd {tmp_path}\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def say(text: str) -> None:
        (tmp_path / "states").write_text(text)

    return say


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ("12_0|PENDING\n", False),
        ("12_0|RUNNING\n12_1|COMPLETED\n", False),
        ("12_0|PREEMPTED\n", False),  # it is in the queue again
        ("12_0|CANCELLED\n", True),
        ("12_1|RUNNING\n", True),  # Slurm has forgotten it
    ],
)
def test_the_watcher_that_jobs_ask(said: str, done: bool, slurm_says: Says, tmp_path: Path) -> None:
    slurm_says(said)
    with patient_submitit():
        job: Job[None] = SlurmJob(tmp_path, "12_0")
        assert isinstance(SlurmJob.watcher, QueueWatcher)
        assert job.done() is done
        assert job.get_info()["State"] == job.state
    assert not (tmp_path / "asked").exists()  # sacct never was


def test_a_squeue_that_fails_once_ends_nothing(slurm_says: Says, tmp_path: Path) -> None:
    with patient_submitit():
        job: Job[None] = SlurmJob(tmp_path, "12_0")
        assert not job.done()
        slurm_says("12_0|FAILED\n")
        assert job.done(force_check=True)


def test_squeue_is_not_asked_each_time(slurm_says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    slurm_says("1|RUNNING\n")
    watcher, calls, run, now = QueueWatcher(), [], submitit_port.subprocess.run, [1000.0]
    monkeypatch.setattr(submitit_port.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(submitit_port.subprocess, "run", lambda *some, **more: calls.append(some) or run(*some, **more))
    watcher.register_job("1")
    for later, asked in ((0, 1), (1, 1), (1.5, 2), (1, 2), (7, 3), (500, 4), (59, 4), (2, 5)):
        now[0] += later
        assert not watcher.is_done("1")
        assert len(calls) == asked
    watcher.is_done("1", mode="cache")
    watcher.is_done("1", mode="force")
    assert len(calls) == 5  # the last one at the same instant
    slurm_says("1|COMPLETED\n")
    now[0] += 100
    assert watcher.is_done("1")
    now[0] += 100
    assert watcher.is_done("1")
    assert len(calls) == 6  # nothing is left to ask for


def test_withdraw(slurm_says: Says, tmp_path: Path) -> None:
    withdraw()  # nothing to take back
    slurm_says("12_0|RUNNING\n12_1|PENDING\n7|PENDING\n")
    with patient_submitit():
        for job in ("12_0", "12_1", "7"):
            SlurmJob(tmp_path, job)
        withdraw()
    assert (tmp_path / "cancelled").read_text() == "--state=PENDING 12 7\n"


def kill_myself() -> None:
    os.kill(os.getppid(), signal.SIGKILL)  # who would write down how it ended
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_of_jobs_that_were_killed_or_failed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with patient_submitit():
        executor = submitit.LocalExecutor(tmp_path)
        jobs = [executor.submit(kill_myself), executor.submit(int, "x"), executor.submit(int, "3")]
        begun = time.monotonic()
        assert [job.results() for job in jobs] == [[None], [None], [3]]
        assert time.monotonic() - begun < 15  # which submitit waits for a result that does not come
    assert capfd.readouterr() == ("", "")
    with pytest.raises(submitit.core.utils.FailedJobError):
        jobs[1].results()


def test_everything_is_as_it_was_afterwards() -> None:
    before = (SlurmJob.watcher, Job.results, logging.getLogger("submitit").handlers)
    with pytest.raises(KeyboardInterrupt), patient_submitit():
        raise KeyboardInterrupt
    assert (SlurmJob.watcher, Job.results, logging.getLogger("submitit").handlers) == before
