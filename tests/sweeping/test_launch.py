"""Sweeps for real, on Hydra's launchers, in real worker processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import colactl
from colactl.errors import ConfigError
from colactl.sweeping.folder import FINISH, NOW, Sweep
from colactl.sweeping.launch import Interruption, Policy
from colactl.sweeping.planning.jobs import plan
from tests.conftest import Completed

Colactl = Callable[..., Completed]
SMALL = ["training=debug", "logger=csv"]


@pytest.mark.slow
def test_a_joblib_sweep(colactl: Colactl) -> None:
    done = colactl("sweep", *SMALL, "--set", "processing.batch_size=16,32", "hydra/launcher=two_jobs", "seed=1")
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert folder.parent.parent == Path("multirun").absolute()
    results = [json.loads((folder / name / "result.json").read_text()) for name in ("0", "1")]
    assert all(-1 <= result["mcc"] <= 1 for result in results)
    assert [
        yaml.safe_load((folder / name / "config.yaml").read_text())["processing"]["batch_size"] for name in "01"
    ] == [16, 32]
    assert "best: job" in done.stderr
    assert (folder / "results.csv").read_text().startswith("index,processing.batch_size,status,mcc,")
    assert (folder / "plots" / "processing.batch_size.png").exists()
    assert "seed=1" in yaml.safe_load((folder / "0" / ".hydra" / "overrides.yaml").read_text())


@pytest.mark.slow
def test_a_failing_job_takes_no_other_with_it(colactl: Colactl) -> None:
    Path("good.tsv").write_text("a\t1\t\tGood.\nb\t0\t*\tBad the.\n" * 8)
    Path("broken.tsv").write_text("only one column\n")
    data = ["data=files", "data.validation=good.tsv", "data.train=good.tsv,broken.tsv,good.tsv"]
    done = colactl("sweep", *SMALL, *data, "--json", "--quiet", "hydra.sweep.dir=mine")
    assert done.returncode == 4, done.stderr
    assert "1 of 3 jobs" in done.stderr
    told = json.loads(done.stdout)
    assert [job["status"] for job in told["jobs"]] == ["done", "failed", "done"]
    assert (told["jobs"][1]["exit_code"], told["jobs"][1]["result"]) == (3, None)
    assert "broken.tsv" in told["jobs"][1]["error"]
    again = colactl("sweep", *SMALL, *data, "hydra.sweep.dir=mine")
    assert again.returncode == 2
    assert "already holds a sweep" in again.stderr


@pytest.mark.slow
def test_the_tutorials_six_jobs(colactl: Colactl) -> None:
    done = colactl(
        *("sweep", "--set", "training.max_epochs=1,2", "--set", "processing.batch_size=32,64,128"),
        *("--set", "hydra/launcher=joblib", "--json"),
    )
    assert done.returncode == 0, done.stderr
    jobs = json.loads(done.stdout)["jobs"]
    assert [job["index"] for job in jobs] == list(range(6))
    assert len({job["folder"] for job in jobs}) == 6
    assert [job["result"]["epochs"] for job in jobs] == [1, 1, 1, 2, 2, 2]
    identifiers = {next(Path(job["folder"], "wandb").glob("offline-run-*")).name for job in jobs}
    assert len(identifiers) == 6


@pytest.mark.parametrize("subdir", ["../${hydra.job.num}", "/tmp/sweep-${seed}", ".", "plots/${seed}", "sweep.yaml"])
def test_a_job_stays_in_the_sweeps_folder(subdir: str) -> None:
    with pytest.raises(ConfigError, match=r"not below the sweep's folder|a file of its own"):
        plan(["seed=1,2", f"hydra.sweep.subdir={subdir}"])


def test_a_launcher_that_fails(colactl: Colactl) -> None:
    done = colactl(
        "sweep", *SMALL, "seed=1,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=0", "hydra.sweep.dir=mine"
    )
    assert done.returncode == 4
    assert "launcher.log" in done.stderr
    assert "n_jobs" in Path("mine/launcher.log").read_text()
    assert {job["status"] for job in json.loads(Path("mine/results.json").read_text())["jobs"]} == {"pending"}


def test_signals_are_told_to_the_jobs_in_the_folder(sweep: Sweep) -> None:
    told: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    with Interruption(sweep, told.append) as interruption:
        seen = []
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            seen.append((sweep.stopping(), interruption.at_once))
    assert seen == [(FINISH, False), (NOW, False), (NOW, True)]
    assert (interruption.number, len(told)) == (signal.SIGINT, 3)
    assert signal.getsignal(signal.SIGINT) == before
    with sweep.held():
        assert sweep.stopping() == 0
    with Interruption(sweep, told.append) as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
    assert (sweep.stopping(), interruption.number) == (NOW, signal.SIGTERM)


def test_a_signal_where_nobody_can_be_asked(sweep: Sweep) -> None:
    told: list[str] = []
    shutil.rmtree(sweep.folder)
    with Interruption(sweep, told.append) as interruption:
        os.kill(os.getpid(), signal.SIGINT)
    assert interruption.at_once
    assert "cannot be written to" in told[0]


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_that_cannot_pass_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match="--timeout"):
        Policy(timeout=seconds)


def test_what_is_wrong_is_told_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match="Some jobs of this sweep cannot run"):
        colactl.sweep([*SMALL, "processing.batch_size=8,-1"])
    assert list(Path().iterdir()) == []


@pytest.mark.slow
def test_jobs_and_how_they_ended() -> None:
    Path("own/data").mkdir(parents=True)
    Path("own/data/broken.yaml").write_text("defaults:\n  - files\ntrain: broken.tsv\nvalidation: broken.tsv\n")
    Path("broken.tsv").write_text("only one column\n")
    found = colactl.sweep([*SMALL, "data=default,broken", "seed=1,2", "hydra/launcher=two_jobs"], config_dir="own")
    assert [job.status for job in found.jobs] == ["done", "done", "failed", "failed"]
    assert [group.jobs for group in found.groups] == [[0, 1], [2, 3]]
    assert "broken.tsv" in str(found.jobs[2].error)
    assert (found.folder / "results.csv").exists()
