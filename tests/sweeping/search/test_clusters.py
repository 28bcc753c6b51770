"""A search on a real Slurm and a real Ray, whose workers share nothing with the sweep but its folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from colactl.sweeping.folder import Sweep
from tests.conftest import Completed
from tests.sweeping.search.conftest import study_of

SEARCH = ["training=debug", "logger=csv", "callbacks.export=false", "optimizer.lr=tag(log,interval(1e-4,1e-2))"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["submitit_slurm", "ray"])
def test_trials_on_a_cluster(engine: str, colactl: Callable[..., Completed], request: pytest.FixtureRequest) -> None:
    if "slurm" in engine:
        request.getfixturevalue("slurm")
    ray_folder = Path(tempfile.mkdtemp(prefix="colactl-"))  # pytest's own path is too long for a socket
    request.addfinalizer(ray_folder.rmdir)
    asked = [*SEARCH, f"hydra/launcher={engine}", "hydra.sweep.dir=mine", "--trials", "3", "--objective", "loss"]
    done = colactl("sweep", *asked, "--json", "--quiet", RAY_TMPDIR=str(ray_folder))
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert [job["status"] for job in told["jobs"]] == ["done"] * 3
    assert len({str(job["overrides"]) for job in told["jobs"]}) == 3
    study = study_of(Sweep(Path("mine").absolute()))
    assert [trial.value for trial in study.trials] == [job["result"]["loss"] for job in told["jobs"]]
    assert told["best"] == study.best_trial.number
