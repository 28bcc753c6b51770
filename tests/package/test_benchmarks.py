"""The benchmark's arithmetic, and that its command still runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.benchmarks.contenders import Measured
from tests.benchmarks.table import proof, quality, speeds, summarise
from tests.conftest import ROOT


def runs(*speed: float, mcc: float | None = None) -> list[Measured]:
    return [Measured(10 + value, value, 20, 30, mcc, value / 1000) for value in speed]


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    summary = summarise({"ours": runs(300, 100, 400, mcc=0.5), "theirs": runs(100, 50, 400)})
    assert (summary["ours"]["ratio"], summary["theirs"]["ratio"]) == (1, 2)
    assert summary["theirs"]["sentences_per_second"] == 100
    assert summary["ours"]["to_first_step"] == 310
    table = speeds(summary, {"theirs": "13 steps"})
    assert table.splitlines()[2:] == [
        "| ours | 300 | 1.00 | 310.0 | 20.0 | 30.0 |",
        "| theirs (13 steps) | 100 | 2.00 | 110.0 |  |  |",
    ]
    assert proof(summary) == "The proof of the economies takes 0.30 s, 1.5% of colactl's training."
    assert quality(summary).splitlines()[2:] == ["| ours | 0.500 | 0.500 | 0.500 | 0.500 |"]


@pytest.mark.slow
def test_every_contender_runs() -> None:
    pytest.importorskip("accelerate")
    if not os.environ.get("COLACTL_COLA"):
        pytest.skip("COLACTL_COLA names no folder with CoLA's raw files")
    command = [sys.executable, "-m", "tests.benchmarks.train", "--rounds=1", "--steps=5", "--slow-steps=5", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    contenders = json.loads(done.stdout)["contenders"]
    assert len(contenders) == 4
    assert all(figures["sentences_per_second"] > 0 for figures in contenders.values())
    assert contenders["colactl"]["ratio"] == 1


@pytest.mark.slow
def test_a_hundred_jobs_of_no_step_do_not_grow_the_sweep() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.jobs", "--jobs=100", "--launchers", "joblib", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["engines"]["joblib"]
    assert 0 < figures["beyond_training"] < figures["seconds_a_job"]
    assert figures["late_megabytes"] < figures["early_megabytes"] + 20
