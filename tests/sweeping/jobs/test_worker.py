"""A job's misfortune is its own."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from colactl.runs.create import create
from colactl.runs.run import State
from colactl.sweeping import resume
from colactl.sweeping.folder import NOW, Sweep, freeze, new_folder
from colactl.sweeping.jobs import worker
from colactl.sweeping.jobs.fork_server import ForkServer
from colactl.sweeping.jobs.worker import Attempt, run_job
from colactl.sweeping.planning.jobs import plan
from colactl.sweeping.resume import unfinished
from tests.conftest import Completed
from tests.disks import fill
from tests.sweeping.conftest import OVERRIDES, jobs_of
from tests.wandb_files import records

Colactl = Callable[..., Completed]
SMALL = ("training=debug", "logger=csv", "callbacks.plots=false", "callbacks.export=false")


@pytest.mark.slow
def test_every_way_to_end(colactl: Colactl, misbehave: tuple[str, ...]) -> None:
    hows = "+callbacks.bad.how=none,raise,exit,kill,crash,none"
    done = colactl("sweep", *SMALL, *misbehave, hows, "hydra/launcher=two_jobs", "--json")
    assert done.returncode == 4, done.stderr
    jobs = jobs_of(done.stdout)
    assert [job["status"] for job in jobs] == ["done", "failed", "failed", "failed", "failed", "done"]
    assert [job["exit_code"] for job in jobs] == [0, 1, 3, None, None, 0]
    assert [job["signal"] for job in jobs] == [None, None, None, signal.SIGKILL, signal.SIGSEGV, None]
    assert "the cat is on the mat" in jobs[1]["error"]
    assert "SystemExit: 3" in jobs[2]["error"]
    assert "SIGKILL" in jobs[3]["error"]
    assert "SIGSEGV" in jobs[4]["error"]
    logs = [Path(job["folder"], "train.log").read_text() for job in jobs]
    assert "Traceback" in logs[1]
    assert "Segmentation fault" in logs[4]
    assert all(word in done.stderr for word in ("the cat is on the mat", "SystemExit: 3", "SIGKILL", "SIGSEGV"))


@pytest.mark.slow
def test_retries_and_a_job_that_takes_too_long(colactl: Colactl, misbehave: tuple[str, ...]) -> None:
    options = ("--retries", "1", "--timeout", "15", "--json")
    overrides = (*SMALL, "training.limit_train_batches=10", *misbehave, "+callbacks.bad.how=once,slower,wrong")
    done = colactl("sweep", *overrides, *options)
    assert done.returncode == 4, done.stderr
    once, slow, wrong = jobs_of(done.stdout)
    assert once["status"] == "done"
    assert (slow["status"], slow["result"]) == ("failed", None)
    assert "longer than 15 seconds" in slow["error"]
    assert (wrong["exit_code"], Path("tries").read_text()) == (2, "x")  # the same again would be wrong again


@pytest.mark.slow
def test_fail_fast(colactl: Colactl, misbehave: tuple[str, ...]) -> None:
    done = colactl("sweep", *SMALL, *misbehave, "+callbacks.bad.how=none,raise,none", "--fail-fast", "--json")
    assert done.returncode == 4
    jobs = jobs_of(done.stdout)
    assert [job["status"] for job in jobs] == ["done", "failed", "pending"]
    again = colactl("sweep", "--resume", json.loads(done.stdout)["folder"], "--json")
    assert [job["status"] for job in jobs_of(again.stdout)] == ["done", "failed", "done"]


@pytest.mark.slow
def test_what_jobs_of_a_sweep_share_and_what_not(colactl: Colactl, misbehave: tuple[str, ...]) -> None:
    """One group in W&B with a run each, also on two devices; and no secret in anything that is written."""
    online = ("training=debug", "callbacks.plots=false", "callbacks.export=false", "hydra.sweep.dir=mine")
    devices = ("training.devices=1,2", "training.accelerator=cpu", "training.strategy=ddp")
    how = "+callbacks.bad.how=say"
    done = colactl("sweep", *online, *devices, *misbehave, how, "--json", MY_TOKEN="canary-of-the-test")
    assert done.returncode == 0, done.stderr
    assert [job["status"] for job in jobs_of(done.stdout)] == ["done", "done"]
    told = [
        record.run for job in jobs_of(done.stdout) for record in records(Path(job["folder"])) if record.HasField("run")
    ]
    assert [run.run_group for run in told] == ["mine", "mine"]
    assert len({run.run_id for run in told}) == 2
    assert all("said: ***" in Path(job["folder"], "train.log").read_text() for job in jobs_of(done.stdout))
    files = [path for path in Path("mine").rglob("*") if path.is_file()]
    assert [path for path in files if b"canary-of-the-test" in path.read_bytes()] == []


@pytest.mark.slow
def test_a_job_ends_with_the_process_it_is_a_copy_of(
    misbehave: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path.cwd())
    overrides = [*SMALL, *misbehave, "+callbacks.bad.how=hang"]
    made = Sweep(new_folder(Path("mine"), chosen=True))
    freeze(plan(overrides), made, overrides, "config", ())
    with closing(ForkServer(made.folder / "launcher.log")) as server:
        run = made.run(made.job(0))
        server.start(sweep=str(made.folder), index=0, log=str(run.folder / "train.log"), environment={}, resume=False)
        assert server.wait(200) is None  # it has started
        until(lambda: run.status == "running", 60)
        os.kill(server._process.pid, signal.SIGKILL)
        with pytest.raises(ChildProcessError):
            server.wait(60)
    until(lambda: run.status == "interrupted", 60)  # nobody has the lock


def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.1)


def test_a_status_that_was_damaged_is_of_a_job_to_go_on_with(sweep: Sweep) -> None:
    (create(sweep.folder / "0").folder / "status.json").write_text('{"status": "r')
    assert [job.index for job in resume.free(sweep, unfinished(sweep), print)] == [0, 1]
    attempt = Attempt(sweep, sweep.job(0), None)
    assert attempt.wanted()
    with attempt.run.recording():
        assert attempt.run.status == "running"


def job_config(sweep: Sweep, **more: object) -> DictConfig:
    own = {"sweep": str(sweep.folder), "index": 0, "launcher": 0, "slots": 0, "devices": [], "gpus": 0}
    return OmegaConf.create(own | {"retries": 0, "fail_fast": True, "timeout": None} | more)


def test_a_failed_job_takes_back_no_stop(sweep: Sweep) -> None:
    State("failed", "no").write(create(sweep.folder / "0").folder)
    sweep.stop(NOW)
    run_job(job_config(sweep))
    assert sweep.stopping() == NOW


def test_a_job_that_another_process_runs_is_its_own(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOCK_PATIENCE", 0.0)
    run = create(sweep.folder / "0")
    attempt = Attempt(sweep, sweep.job(0), None)
    with run.recording():
        attempt._record(2, late=False)  # of a process that found it taken
        assert (attempt.wanted(), run.state.status) == (False, "running")
    run = create(sweep.folder / "1")
    Attempt(sweep, sweep.job(1), None)._record(2, late=False)
    assert (run.status, run.exit_code) == ("failed", 2)


def test_what_a_job_said_last_is_its_error_where_it_recorded_none(sweep: Sweep) -> None:
    Attempt(sweep, sweep.job(0), None)._record(1, late=False, last="OSError: [Errno 28] No space left on device")
    error = sweep.run(sweep.job(0)).state.error
    assert error == "It exited with 1 and said last: OSError: [Errno 28] No space left on device"


def test_a_full_disk_keeps_what_is_known_of_a_job_and_ends_no_other(small_disk: Path) -> None:
    made = Sweep(new_folder(small_disk / "mine", chosen=True))
    freeze(plan(OVERRIDES), made, OVERRIDES, "config", ())
    begun, new = (Attempt(made, job, None) for job in made.jobs())
    create(begun.run.folder)
    filler = fill(small_disk)
    begun._record(1, late=False, last="the last line")
    new._record(1, late=False)
    assert (begun.run.status, begun.run.error) == ("failed", "It exited with 1 and said last: the last line")
    filler.unlink()
    assert [job.index for job in unfinished(made)] == [0, 1]
