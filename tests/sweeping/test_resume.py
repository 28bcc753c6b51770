"""Sweeps that were killed, interrupted, or changed under way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf
from typer.testing import CliRunner

from colactl.cli.app import app
from colactl.errors import ConfigError
from colactl.runs.create import create
from colactl.sweeping import resume
from colactl.sweeping.folder import Sweep, freeze, new_folder
from colactl.sweeping.planning.jobs import plan
from colactl.sweeping.resume import launcher_for, unfinished
from tests.conftest import Completed
from tests.sweeping.conftest import OVERRIDES, bits, jobs_of
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


HOLDER = """
import sys, time
from pathlib import Path
from colactl.runs.create import create
from colactl.runs.run import Run
with create(Path(sys.argv[1])).recording():
    print("held", flush=True)
    sys.stdin.read()
    Run(Path(sys.argv[1])).complete({"mcc": 1.0})
"""


def test_what_is_left(sweep: Sweep) -> None:
    (sweep.folder / "0").mkdir()
    (sweep.folder / "0" / "result.json").write_text("{}")
    assert [job.index for job in unfinished(sweep)] == [1]


def test_the_launcher_may_change_and_nothing_else(sweep: Sweep) -> None:
    assert launcher_for(sweep, (), "config", ())["_target_"].endswith("BasicLauncher")
    assert launcher_for(sweep, OVERRIDES, "config", ())["_target_"].endswith("BasicLauncher")
    two = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=3")
    assert launcher_for(sweep, two, "config", ())["n_jobs"] == 3
    assert launcher_for(sweep, (*OVERRIDES, *two), "config", ())["n_jobs"] == 3
    for overrides, name in ((("seed=1,2,3",), "config"), (OVERRIDES, "other"), ((), "other")):
        with pytest.raises(ConfigError, match="was defined otherwise"):
            launcher_for(sweep, overrides, name, ())


def test_more_options_for_the_launcher_it_has() -> None:
    overrides = (*OVERRIDES, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    made = Sweep(new_folder(Path("mine"), chosen=True))
    freeze(plan(overrides), made, overrides, "config", ())
    more = launcher_for(made, ("hydra.launcher.n_jobs=3", "hydra.launcher.verbose=1"), "config", ())
    assert (more["_target_"].rpartition(".")[2], more["n_jobs"], more["verbose"]) == ("JoblibLauncher", 3, 1)
    assert launcher_for(made, ("hydra/launcher=basic",), "config", ())["_target_"].endswith("BasicLauncher")


def test_a_launcher_of_the_folders_that_it_was_defined_with() -> None:
    option = Path("own/hydra/launcher/mine.yaml")
    option.parent.mkdir(parents=True)
    option.write_text("defaults:\n  - joblib\n  - _self_\nn_jobs: 7\n")
    made = Sweep(new_folder(Path("mine"), chosen=True))
    freeze(plan(OVERRIDES, config_dirs=["own"]), made, OVERRIDES, "config", ["own"])
    assert launcher_for(made, ("hydra/launcher=mine",), "config", ())["n_jobs"] == 7


def test_results_that_a_kill_has_left_unwritten(sweep: Sweep) -> None:
    for index in "01":
        create(sweep.folder / index).complete({"mcc": 0.5})
    results = sweep.folder / "results.json"
    for _ in range(2):
        done = CliRunner().invoke(app, ["sweep", "--resume", str(sweep.folder)])
        assert (done.exit_code, "0 to run" in done.stderr) == (0, True)
        assert [job["status"] for job in json.loads(results.read_text())["jobs"]] == ["done", "done"]
        results.write_text("{")


def test_a_result_that_was_damaged_is_told_and_not_trained_over(sweep: Sweep) -> None:
    for index in "01":
        create(sweep.folder / index).complete({"mcc": 0.5})
    (sweep.folder / "1" / "result.json").write_text("{")
    before = {path: path.stat().st_mtime_ns for path in (sweep.folder / "1").rglob("*")}
    done = CliRunner().invoke(app, ["sweep", "--resume", "mine", "--json"])
    assert (done.exit_code, "0 to run" in done.stderr) == (4, True)
    assert [job["status"] for job in json.loads(done.stdout)["jobs"]] == ["done", "failed"]
    assert "result.json is not as colactl wrote it" in (sweep.folder / "results.csv").read_text()
    assert done.stderr.splitlines()[-3:] == [
        "colactl: 1 of 2 jobs did not end well.",
        "A damaged result is left as it is; to make it again from the last checkpoint: rm mine/1/result.json",
        "Then go on with: colactl sweep --resume mine",
    ]
    assert {path: path.stat().st_mtime_ns for path in (sweep.folder / "1").rglob("*")} == before


@pytest.fixture
def elsewhere(sweep: Sweep) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the sweep's second job, the first one being done."""
    create(sweep.folder / "0").complete({"mcc": 0.5})
    command = [sys.executable, "-c", HOLDER, str(sweep.folder / "1")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_jobs_that_run_elsewhere_are_left_alone(
    sweep: Sweep, elsewhere: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume, "PATIENCE", 0.2)
    done = CliRunner().invoke(app, ["sweep", "--resume", "mine", "--json"])
    assert done.exit_code == 4
    assert [job["status"] for job in json.loads(done.stdout)["jobs"]] == ["done", "running"]
    told = done.stderr.splitlines()
    assert "Still running elsewhere, and left alone: job 1." in told
    assert "0 to run in mine" in told
    assert told[-3:] == [
        "colactl: Still running elsewhere: 1 of 2 jobs.",
        "See how far with: colactl runs mine",
        "Once they have ended, type: colactl sweep --resume mine",
    ]
    assert elsewhere.poll() is None


@pytest.mark.parametrize(("end", "left"), [("kill", [1]), ("done", [])])
def test_what_a_killed_sweep_has_left_is_waited_for(
    sweep: Sweep, elsewhere: subprocess.Popen[str], end: str, left: list[int]
) -> None:
    told: list[str] = []
    assert elsewhere.stdin is not None
    ends = elsewhere.kill if end == "kill" else elsewhere.stdin.close

    def tell(sentence: str) -> None:
        told.append(sentence)
        ends()

    assert [job.index for job in resume.free(sweep, unfinished(sweep), tell)] == left
    assert told == ["Waiting up to 15 seconds for what a killed sweep may have left running: job 1."]
