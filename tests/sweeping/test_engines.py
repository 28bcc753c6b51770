"""The same sweep on every engine there is, for real: a Slurm, a Ray, and processes on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Completed
from tests.sweeping.conftest import bits

Colactl = Callable[..., Completed]

SIX = [
    *("training=debug", "logger=csv", "--set", "training.max_epochs=1,2", "--set", "processing.batch_size=32,64,128"),
    "--json",
]
ENGINES = ["two_jobs", "submitit_local", "submitit_slurm", "ray"]  # joblib is the first one's

LONG = ["training.max_epochs=3", "callbacks.checkpoint.every_n_steps=20", "processing.batch_size=64", "seed=3"]
PATIENCE = 120.0  # seconds


@pytest.fixture(scope="module")
def on_basic(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Sweeps one job after the other; gives the sweep's folder."""

    def sweep(*overrides: str) -> Path:
        outside = tmp_path_factory.mktemp("basic")
        command = [sys.executable, "-m", "colactl", "sweep", "--quiet", *overrides, "hydra.sweep.dir=mine"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, cwd=outside, env=environment, capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stderr) == (0, "")
        return outside / "mine"

    return sweep


@pytest.fixture(scope="module")
def six(on_basic: Callable[..., Path]) -> list[tuple[str, str, dict[str, Any]]]:
    folder = on_basic(*SIX)
    return [bits(folder / str(index)) for index in range(6)]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_six_jobs_are_the_same_to_the_last_bit(
    engine: str, six: list[tuple[str, str, dict[str, Any]]], colactl: Colactl, request: pytest.FixtureRequest
) -> None:
    if "slurm" in engine:
        request.getfixturevalue("slurm")
    home = Path("home").absolute()
    home.mkdir()
    ray_folder = Path(tempfile.mkdtemp(prefix="colactl-"))  # pytest's own path is too long for a socket
    request.addfinalizer(ray_folder.rmdir)
    environment = {"HOME": str(home), "RAY_TMPDIR": str(ray_folder), "OMP_NUM_THREADS": "2"}
    done = colactl("sweep", *SIX, "--quiet", f"hydra/launcher={engine}", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    jobs = json.loads(done.stdout)["jobs"]  # stdout is that and nothing else, whatever the engine has to say
    assert [job["status"] for job in jobs] == ["done"] * 6
    assert [bits(Path(job["folder"])) for job in jobs] == six
    assert len({weights for weights, _, _ in six}) == 6
    assert not list(home.glob(".ray*"))
    assert not list(ray_folder.iterdir())
    assert not [line for line in processes() if str(ray_folder) in line]


def processes() -> list[str]:
    """The command lines of this machine's processes."""
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.slow
def test_a_preempted_job_goes_on_where_it_was(slurm: None, on_basic: Callable[..., Path]) -> None:
    """As a time limit does, the signal reaches every process of the job's step; then the queue starts it again."""
    sweep = start(*LONG, "hydra/launcher=submitit_slurm", "hydra.sweep.dir=mine")
    job = Path("mine/0")
    until(lambda: (job / "checkpoints" / "last.ckpt").exists(), sweep)
    (number,) = asked("squeue", "--noheader", "--states=running", "--format=%i").split()  # not one that is ending
    asked("scancel", "--signal=USR2", number)
    until(lambda: "PENDING" in asked("squeue", "--noheader", "--format=%T"), sweep)
    status = json.loads((job / "status.json").read_text())
    assert status["status"] == "interrupted"
    assert not (job / "result.json").exists()
    time.sleep(2)  # within the second in which it killed the job Slurm refuses every start of it
    asked("scontrol", "update", f"JobId={number}", "StartTime=now")  # Slurm would wait for two minutes
    out, err = sweep.communicate(timeout=PATIENCE)
    assert (sweep.returncode, err) == (0, "")
    (told,) = json.loads(out)["jobs"]
    assert (told["status"], told["folder"]) == ("done", str(job.absolute()))
    assert sorted(path.name for path in Path("mine").iterdir() if path.name.isdigit()) == ["0"]
    recorded = list(job.glob("wandb/offline-run-*"))
    assert len(recorded) == 2
    assert {folder.name.split("-")[-1] for folder in recorded} == {(job / "wandb" / "run_id").read_text().strip()}
    assert len(json.loads((job / "provenance.json").read_text())["resumed"]) == 1
    assert bits(job) == bits(on_basic(*LONG) / "0")


@pytest.mark.slow
def test_a_cancelled_job_is_no_other_jobs_end(slurm: None) -> None:
    """Without an accounting database too the sweep knows that a job has no end of its own to wait for."""
    batches = "training.limit_train_batches=2,100"
    sweep = start("training=debug", "logger=csv", batches, "hydra/launcher=slurm", "hydra.launcher.array_parallelism=1")
    until(lambda: "_0" in asked("squeue", "--noheader", "--states=running", "--format=%i"), sweep)
    (running,) = asked("squeue", "--noheader", "--states=running", "--format=%i").split()
    asked("scancel", "--signal=KILL", running)
    out, err = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 4, err
    assert [job["status"] for job in json.loads(out)["jobs"]][1] == "done"


@pytest.mark.slow
def test_ctrl_c_takes_waiting_jobs_out_of_the_queue(slurm: None) -> None:
    epochs = ["training.max_epochs=2", "logger=csv", "seed=1,2", "hydra.sweep.dir=mine"]
    sweep = start(*epochs, "hydra/launcher=slurm", "hydra.launcher.array_parallelism=1")
    until(lambda: Path("mine/0/metrics.csv").exists(), sweep)
    assert "PENDING" in asked("squeue", "--noheader", "--array", "--format=%T")
    sweep.send_signal(signal.SIGINT)
    until(lambda: "PENDING" not in asked("squeue", "--noheader", "--array", "--format=%T"), sweep)
    _, err = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 130, err
    assert (Path("mine/0/result.json").exists(), Path("mine/1/result.json").exists()) == (True, False)


def start(*overrides: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "colactl", "sweep", "--json", "--quiet", *overrides]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(condition: Callable[[], bool], sweep: subprocess.Popen[str]) -> None:
    start = time.monotonic()
    while not condition():
        assert sweep.poll() is None, sweep.communicate()
        assert time.monotonic() - start < PATIENCE
        time.sleep(0.1)


def asked(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
