"""Searches for real: trainings in processes of their own, killed, pruned, failing and shared."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from colactl.host.cores import usable_cores
from colactl.runs.run import Run
from colactl.sweeping.folder import Sweep
from colactl.sweeping.results.compare import OBJECTIVES
from colactl.sweeping.search.trials import Trials, report_of
from tests.conftest import ROOT, Completed
from tests.sweeping.search.conftest import Begun, ended, states, study_of

pytestmark = pytest.mark.slow
Colactl = Callable[..., Completed]
SMALL = ["training=debug", "logger=csv"]
SPACE = ["optimizer.lr=tag(log,interval(1e-4,1e-2))", "processing.batch_size=choice(16,32)"]


def jobs_of(done: Completed) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = json.loads(done.stdout)["jobs"]
    return jobs


def runs_of(sweep: str) -> list[Run]:
    return [Run(file.parent.absolute()) for file in Path(sweep).glob("*/status.json")]


def figures(jobs: list[dict[str, Any]]) -> list[Any]:
    """What two searches have in common that did the same."""
    return [(job["overrides"], job["status"], job["result"]["mcc"], weights(Path(job["folder"]))) for job in jobs]


def weights(run: Path) -> str:
    return hashlib.sha256((run / "model" / "model.safetensors").read_bytes()).hexdigest()


def test_one_worker_searches_the_same_way_again(colactl: Colactl) -> None:
    first, again = (
        colactl("sweep", *SMALL, *SPACE, "--trials", "4", "--json", "--quiet", f"hydra.sweep.dir={name}")
        for name in ("first", "again")
    )
    assert (first.returncode, first.stderr) == (0, "")
    assert figures(jobs_of(first)) == figures(jobs_of(again))
    assert [job["index"] for job in jobs_of(first)] == [0, 1, 2, 3]
    assert len({str(job["overrides"]) for job in jobs_of(first)}) == 4
    assert set(OBJECTIVES) == set(jobs_of(first)[0]["result"]) - {"degenerate", "economies"}  # which are no numbers
    study = study_of(Sweep(Path("first").absolute()))
    assert [trial.value for trial in study.trials] == [job["result"]["mcc"] for job in jobs_of(first)]

    more = colactl("sweep", "--resume", "first", "--trials", "5")
    assert "1 to run" in more.stderr
    assert len(states(Sweep(Path("first").absolute()))) == 5
    nothing = colactl("sweep", "--resume", "first")
    assert (nothing.returncode, "0 to run" in nothing.stderr) == (0, True)


def test_two_workers(colactl: Colactl) -> None:
    two = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    done = colactl("sweep", *SMALL, *SPACE, *two, "--trials", "6", "--json", "--objective", "loss")
    assert done.returncode == 0, done.stderr
    jobs = jobs_of(done)
    assert [job["index"] for job in jobs] == list(range(6))
    assert len({str(job["overrides"]) for job in jobs}) == 6
    study = study_of(Sweep(Path(json.loads(done.stdout)["folder"])))
    assert study.best_value == min(job["result"]["loss"] for job in jobs)
    best = f"loss {study.best_value:.3f}"
    assert f"6 of 6 done, best {best}" in done.stderr
    assert f"best: job {study.best_trial.number}, {best}" in done.stderr


def test_a_failed_job_is_a_failed_trial_and_nothing_more(colactl: Colactl) -> None:
    Path("misbehaving.py").write_text(
        "import pytorch_lightning as pl\n\n\nclass Choosy(pl.Callback):\n    def __init__(self, size):\n"
        "        if size == 32:\n            raise RuntimeError('not with 32')\n"
    )
    choosy = ["+callbacks.own._target_=misbehaving.Choosy", "+callbacks.own.size='${processing.batch_size}'"]
    path = os.pathsep.join([str(ROOT), str(Path.cwd())])
    asked = [*SMALL, *choosy, "processing.batch_size=16,32,64", "--trials", "9", "--sampler", "grid"]
    done = colactl("sweep", *asked, "--json", "hydra.sweep.dir=mine", PYTHONPATH=path)
    assert done.returncode == 4, done.stderr
    assert sorted(job["status"] for job in jobs_of(done)) == ["done", "done", "failed"]
    (bad,) = [job for job in jobs_of(done) if job["status"] == "failed"]
    assert "not with 32" in bad["error"]
    sweep = Sweep(Path("mine").absolute())
    assert sorted(states(sweep)) == ["COMPLETE", "COMPLETE", "FAIL"]
    again = colactl("sweep", "--resume", "mine", PYTHONPATH=path)
    assert "0 to run" in again.stderr


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_bad_job_is_pruned_while_it_runs(begun: Begun, colactl: Colactl, pruner: str) -> None:
    """The others are told to the study as a job tells it; the bad one trains."""
    space = (*SMALL, "training.max_epochs=6", "optimizer.lr=interval(1e-9,1e-8)")
    sweep = begun(*space, trials=10, sampler="random", pruner=pruner)
    for place in range(9):
        job = Trials(sweep).begin(str(place))
        assert job is not None
        report = report_of(sweep, job)
        assert report is not None
        for validation in range(6):
            assert not report(validation, 0.9)
        ended(sweep, job, mcc=0.9)
    done = colactl("sweep", "--resume", sweep.folder)
    assert done.returncode == 0, done.stderr
    result = json.loads((sweep.folder / "9" / "result.json").read_text())
    assert result["pruned"] is True
    assert result["epochs"] < 6
    assert states(sweep) == ["COMPLETE"] * 9 + ["PRUNED"]
    assert len(study_of(sweep).trials[-1].intermediate_values) == result["epochs"]


def test_a_search_that_is_killed_again_and_again_loses_and_doubles_nothing(colactl: Colactl) -> None:
    asked = [*SMALL, *SPACE, "training.max_epochs=3", "--trials", "5"]
    undisturbed = colactl("sweep", *asked, "--json", "hydra.sweep.dir=undisturbed")
    assert undisturbed.returncode == 0, undisturbed.stderr
    moments, kills = random.Random(0), 0
    command = ["sweep", *asked, "hydra.sweep.dir=mine"]
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-m", "colactl", *command, "--quiet"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        while process.poll() is None and not any(run.status == "running" for run in runs_of("mine")):
            time.sleep(0.05)
        time.sleep(moments.uniform(0, 1))
        if process.poll() is not None:
            break  # a fast machine has come to the end between two kills
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        command = ["sweep", "--resume", "mine"]
    assert kills > 1
    done = colactl(*command, "--json")
    assert done.returncode == 0, done.stderr
    assert figures(jobs_of(done)) == figures(jobs_of(undisturbed))
    assert states(Sweep(Path("mine").absolute())) == ["COMPLETE"] * 5


def test_a_search_that_is_interrupted_goes_on(colactl: Colactl) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "colactl", "sweep", *SMALL, *SPACE, "--trials", "9", "hydra.sweep.dir=mine"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not Path("mine/0/status.json").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=120)[1]
    assert process.returncode == 130
    assert "colactl sweep --resume" in told
    sweep = Sweep(Path("mine").absolute())
    begun = len(states(sweep))
    assert states(sweep) == ["COMPLETE"] * begun
    assert begun < 9
    done = colactl("sweep", "--resume", "mine", "--trials", str(begun + 1))
    assert done.returncode == 0, done.stderr
    assert states(sweep) == ["COMPLETE"] * (begun + 1)


def test_two_machines_share_a_study(colactl: Colactl) -> None:
    """Two sweeps at a time in one database."""
    shared = ["--storage", "sqlite:///study.db", "--study-name", "ours", "--trials", "5"]
    sweeps = [
        subprocess.Popen(
            [sys.executable, "-m", "colactl", "sweep", *SMALL, *SPACE, *shared, f"hydra.sweep.dir={name}", "--json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("here", "there")
    ]
    told = [json.loads(sweep.communicate(timeout=300)[0])["jobs"] for sweep in sweeps]
    assert [sweep.returncode for sweep in sweeps] == [0, 0]
    assert all(told)
    study = study_of(Sweep(Path("here").absolute()))
    values = {trial.number: trial.value for trial in study.trials if trial.params}
    assert values == {job["index"]: job["result"]["mcc"] for jobs in told for job in jobs}
    assert len(values) == 5


def test_where_all_jobs_are_queued_at_once_a_trial_is_drawn_when_its_turn_has_come(colactl: Colactl) -> None:
    pytest.importorskip("submitit")
    two = ("hydra/launcher=submitit_local", f"hydra.launcher.cpus_per_task={max(1, usable_cores() // 2)}")
    done = colactl("sweep", *SMALL, *SPACE, *two, "--trials", "4", "hydra.sweep.dir=mine")
    assert done.returncode == 0, done.stderr
    trials = study_of(Sweep(Path("mine").absolute())).trials
    ends = sorted(trial.datetime_complete for trial in trials if trial.datetime_complete)
    begins = sorted(trial.datetime_start for trial in trials if trial.datetime_start)
    assert begins[2] >= ends[0]
    assert begins[3] >= ends[1]
