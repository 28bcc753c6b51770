"""Sweeps that were killed, interrupted, or changed under way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Completed
from tests.sweeping.conftest import bits, jobs_of
from tests.sweeping.kills import SMALL, SWEEP, killed, start

Colactl = Callable[..., Completed]
KILLS = 5  # twenty in tests.benchmarks.kills


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_the_same_end(colactl: Colactl) -> None:
    whole = colactl("sweep", *SWEEP, "hydra.sweep.dir=whole", "--json")
    assert whole.returncode == 0, whole.stderr
    code, out, err = killed(Path("killed"), KILLS)
    assert (code, out.strip()) == (0, str(Path("killed").absolute())), err
    assert [bits(Path("killed", name)) for name in "012"] == [bits(Path("whole", name)) for name in "012"]


@pytest.mark.slow
def test_nothing_to_run(colactl: Colactl) -> None:
    colactl("sweep", "seed=0,1", "training=debug", "logger=csv", "hydra.sweep.dir=mine")
    before = {path: path.stat().st_mtime_ns for path in Path("mine").rglob("*") if path.is_file()}
    begun = time.monotonic()
    done = colactl("sweep", "--resume", "mine", "--json")
    assert time.monotonic() - begun < 60  # a hang is what this is to find; the figure is the benchmark's
    assert (done.returncode, "0 to run" in done.stderr) == (0, True)
    assert [job["status"] for job in jobs_of(done.stdout)] == ["done", "done"]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    for change in (("seed=0,1,2",), ("seed=0,1", "--config-name", "other")):
        other = colactl("sweep", "--resume", "mine", *change)
        assert other.returncode == 2
        assert "was defined otherwise" in other.stderr
    same = ("seed=0,1", "training=debug", "logger=csv", "hydra.sweep.dir=mine", "hydra/launcher=two_jobs")
    assert colactl("sweep", "--resume", "mine", *same).returncode == 0


@pytest.mark.slow
def test_ctrl_c_once_and_twice(misbehave: tuple[str, ...]) -> None:
    slow = (*SMALL, *misbehave, "+callbacks.bad.how=slow", "training.limit_train_batches=16", "training.max_epochs=1")
    slow = (*slow, "callbacks.checkpoint.every_n_steps=2")
    arguments = (*slow, "seed=0,1,2,3,4,5", "hydra.sweep.dir=mine", "hydra/launcher=two_jobs")
    process = start(*arguments, "--json")
    wait_for(lambda: Path("mine/0/checkpoints/last.ckpt").exists(), process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "colactl sweep --resume" in err
    assert "Traceback" not in err
    statuses = [job["status"] for job in json.loads(Path("mine/results.json").read_text())["jobs"]]
    assert statuses[0] == "done"
    assert statuses[-1] == "pending"

    process = start("--resume", "mine", "--json")
    left = statuses.index("pending")
    wait_for(lambda: Path(f"mine/{left}/checkpoints/last.ckpt").exists(), process)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert json.loads(Path("mine/results.json").read_text())["jobs"][left]["status"] == "interrupted"

    process = start("--resume", "mine", "--json", "--quiet")
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    assert {job["status"] for job in jobs_of(out)} == {"done"}


@pytest.mark.slow
def test_what_was_planned_is_what_runs(colactl: Colactl, misbehave: tuple[str, ...]) -> None:
    Path("mine/processing").mkdir(parents=True)
    option = Path("mine/processing/own.yaml")
    option.write_text("batch_size: 64\nmax_length: 64\n")
    overrides = ("--config-dir", "mine", "processing=own", "seed=0,1", "training=debug", "logger=csv")
    arguments = (*overrides, *misbehave, "+callbacks.bad.how=slow", "hydra.sweep.dir=sweep")
    planned = json.loads(colactl("sweep", *arguments, "--dry-run", "--json").stdout)
    process = start(*arguments)
    wait_for(lambda: Path("sweep/0/status.json").exists(), process)
    option.write_text("batch_size: 8\nmax_length: 16\n")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    from omegaconf import DictConfig, OmegaConf

    from colactl.composition.compose import config_hash

    for job in planned:
        config = OmegaConf.load(Path("sweep", job["folder"], ".hydra", "config.yaml"))
        assert isinstance(config, DictConfig)
        assert config_hash(config) == job["config_hash"]
        assert OmegaConf.load(Path("sweep", job["folder"], "config.yaml")).processing.batch_size == 64


@pytest.mark.slow
def test_sweeps_of_one_second_never_share_a_folder() -> None:
    processes = [start("seed=0", "training=debug", "logger=csv", "training.max_epochs=0", "-q") for _ in range(4)]
    folders = {process.communicate(timeout=300)[0].strip() for process in processes}
    assert len(folders) == 4
