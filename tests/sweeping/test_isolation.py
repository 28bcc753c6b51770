"""A job's misfortune is its own."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Completed
from tests.sweeping.conftest import jobs_of

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
    done = colactl("sweep", *SMALL, *misbehave, "+callbacks.bad.how=once,hang", *options)
    assert done.returncode == 4, done.stderr
    once, hang = jobs_of(done.stdout)
    assert once["status"] == "done"
    assert (hang["status"], hang["result"]) == ("failed", None)
    assert "longer than 15 seconds" in hang["error"]


@pytest.mark.slow
def test_fail_fast(colactl: Colactl, misbehave: tuple[str, ...]) -> None:
    done = colactl("sweep", *SMALL, *misbehave, "+callbacks.bad.how=none,raise,none", "--fail-fast", "--json")
    assert done.returncode == 4
    jobs = jobs_of(done.stdout)
    assert [job["status"] for job in jobs] == ["done", "failed", "pending"]
    again = colactl("sweep", "--resume", json.loads(done.stdout)["folder"], "--json")
    assert [job["status"] for job in jobs_of(again.stdout)] == ["done", "failed", "done"]
