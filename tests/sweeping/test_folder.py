"""A sweep's folder: frozen, read back, held, stopped, and gone on with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf
from typer.testing import CliRunner

from colactl.cli.app import app
from colactl.composition.compose import compose
from colactl.errors import ConfigError, TrainingError
from colactl.runs.create import create
from colactl.runs.run import State
from colactl.sweeping import resume
from colactl.sweeping.freeze import freeze, new_folder
from colactl.sweeping.interruption import Interruption
from colactl.sweeping.jobs import attempt as attempts
from colactl.sweeping.jobs.attempt import Attempt
from colactl.sweeping.jobs.job import run_job
from colactl.sweeping.planning.jobs import plan
from colactl.sweeping.policy import Policy
from colactl.sweeping.resume import launcher_for, unfinished
from colactl.sweeping.sweep import FINISH, NOW, Sweep
from tests.disks import fill

OVERRIDES = ("seed=1,2", "training=debug", "logger.wandb.project=a b")


@pytest.fixture
def sweep() -> Sweep:
    made = Sweep(new_folder(Path("mine"), chosen=True))
    with made.held():
        freeze(plan(OVERRIDES), made, OVERRIDES, "config", ())
    return made


def test_what_was_planned_is_read_back(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan(OVERRIDES).jobs
    monkeypatch.setenv("WANDB_MODE", "online")  # after the launch: too late
    found = list(sweep.jobs())
    assert [job.config_hash for job in found] == [job.config_hash for job in planned]
    assert [job.config for job in found] == [job.config for job in planned]
    second = sweep.job(1)
    assert second == found[1]
    assert OmegaConf.to_container(second.resolved()) == OmegaConf.to_container(
        OmegaConf.create(second.config), resolve=True
    ) | {"logger": {**second.config["logger"], "wandb": {**second.config["logger"]["wandb"], "mode": "offline"}}}
    assert second.config["logger"]["wandb"]["mode"] == "${oc.env:WANDB_MODE,offline}"
    resolved = second.resolved()
    assert (resolved.seed, resolved.logger.wandb.mode, resolved.training.limit_val_batches) == (2, "offline", 2)
    assert not OmegaConf.is_interpolation(resolved.logger.wandb, "mode")
    assert sweep.hydra["launcher"]["_target_"].endswith("BasicLauncher")


def test_a_folder_takes_one_sweep(sweep: Sweep) -> None:
    with sweep.held():
        with pytest.raises(ConfigError, match="already holds a sweep"):
            freeze(plan(["seed=1"]), sweep, ["seed=1"], "config", ())
        with pytest.raises(ConfigError, match="Another process runs the sweep"), Sweep(sweep.folder).held():
            pass


@pytest.mark.parametrize("missing", ["sweep.yaml", "planned.jsonl"])
def test_no_sweep(sweep: Sweep, missing: str) -> None:
    (sweep.folder / missing).unlink()
    with pytest.raises(ConfigError, match="holds no sweep"):
        _ = launcher_for(sweep, (), "config", ()), unfinished(sweep)


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


def test_a_config_that_was_changed_since_does_not_train(
    sweep: Sweep, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from colactl.sweeping.jobs.work import work

    lines = sweep.folder / "planned.jsonl"
    lines.write_text(lines.read_text().replace('"batch_size": 64', '"batch_size": 65'))
    assert work(sweep.folder, 0, resume=False) == 2
    assert "was changed since it was planned" in capsys.readouterr().err
    state = sweep.run(sweep.job(0)).state
    assert (state.status, state.exit_code) == ("failed", 2)
    assert "was changed since it was planned" in str(state.error)
    lines.write_text(lines.read_text().replace('"batch_size": 65', '"batch_size": true'))
    with sweep.run(sweep.job(0)).recording():  # it is another process's by now
        assert work(sweep.folder, 0, resume=False) == 2
        assert sweep.run(sweep.job(0)).status == "running"
    monkeypatch.setenv("LOCAL_RANK", "1")  # another process leads this one, and has the run's folder to itself
    (sweep.folder / "0" / "status.json").unlink()
    assert work(sweep.folder, 0, resume=False) == 2
    assert not (sweep.folder / "0" / "status.json").exists()
    assert compose(["seed=1"]).config.processing.batch_size == 64


@pytest.mark.parametrize("taken", [".", "1"])
def test_a_run_that_is_there_is_no_jobs_result(taken: str) -> None:
    made = Sweep(new_folder(Path("mine"), chosen=True))
    create(made.folder / taken).complete({"mcc": 1.0})
    with pytest.raises(ConfigError, match="already holds a run"):
        freeze(plan(OVERRIDES), made, OVERRIDES, "config", ())
    assert not (made.folder / "sweep.yaml").exists()


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


def test_a_signal_where_nobody_can_be_asked(sweep: Sweep) -> None:
    told: list[str] = []
    shutil.rmtree(sweep.folder)
    with Interruption(sweep, told.append) as interruption:
        os.kill(os.getpid(), signal.SIGINT)
    assert interruption.at_once
    assert "cannot be written to" in told[0]


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


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_that_cannot_pass_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match="--timeout"):
        Policy(timeout=seconds)


def test_a_failed_job_takes_back_no_stop(sweep: Sweep) -> None:
    State("failed", "no").write(create(sweep.folder / "0").folder)
    sweep.stop(NOW)
    run_job(job_config(sweep))
    assert sweep.stopping() == NOW


def test_a_job_that_another_process_runs_is_its_own(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "LOCK_PATIENCE", 0.0)
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


@pytest.mark.parametrize("pages", [0, 1])
def test_a_sweep_that_cannot_be_frozen_leaves_nothing_behind(small_disk: Path, pages: int) -> None:
    filler = fill(small_disk)
    filler.write_bytes(bytes(filler.stat().st_size - pages * 8192))  # a page may do for the jobs and not for the rest
    planned = plan(OVERRIDES)
    made = Sweep(new_folder(small_disk / "mine", chosen=True))
    with pytest.raises(TrainingError, match=f"{made.folder} cannot be written to: No space left"), made.held():
        freeze(planned, made, OVERRIDES, "config", ())
    assert list(small_disk.iterdir()) == [filler]
    theirs = new_folder(small_disk / "mine", chosen=True) / "multirun.yaml"
    theirs.touch()  # as Hydra's own multirun leaves it
    with pytest.raises(TrainingError, match="No space left"), made.held():
        freeze(planned, made, OVERRIDES, "config", ())
    assert list(made.folder.iterdir()) == [theirs]


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


def test_keys_stay_what_they_are() -> None:
    schedule = (
        "+callbacks.grow={_target_:pytorch_lightning.callbacks.GradientAccumulationScheduler,scheduling:{0:4,2:1}}"
    )
    made = Sweep(new_folder(Path("mine"), chosen=True))
    with made.held():
        freeze(plan([schedule]), made, [schedule], "config", ())
    assert made.job(0).resolved().callbacks.grow.scheduling == {0: 4, 2: 1}
    assert next(made.jobs()).config["callbacks"]["grow"]["scheduling"] == {0: 4, 2: 1}
