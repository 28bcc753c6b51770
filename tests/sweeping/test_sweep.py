"""Sweeps for real, on Hydra's launchers, in real worker processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from colactl.errors import ConfigError
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
