"""colactl sweep: what is planned and shown, what is refused before anything starts, and code in a shared sweep."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from colactl.cli.options import Request
from colactl.cli.output import Output
from colactl.cli.sweep import sweep
from colactl.errors import ConfigError
from colactl.runs.files import write_text
from colactl.sweeping.engines.launchers import refuse_nested_target
from colactl.sweeping.folder import Sweep, freeze, new_folder
from colactl.sweeping.launch import Policy
from colactl.sweeping.planning.jobs import plan
from colactl.sweeping.search import prepare
from tests.conftest import Completed
from tests.sweeping.kills import start as start_sweep
from tests.terminal import Terminal, invoke, refused

Colactl = Callable[..., Completed]
RATE = "optimizer.lr=tag(log,interval(1e-5,1e-3))"
CALLS = {"_target_": "subprocess.run", "args": ["touch", "called"]}
SMALL = ("training=debug", "logger=csv", "callbacks.plots=false", "callbacks.export=false")


def test_dry_run_lists_the_jobs_and_writes_nothing() -> None:
    jobs = json.loads(invoke("sweep", "--dry-run", "--json", "training.max_epochs=1,2", "seed=3").stdout)
    assert [job["overrides"] for job in jobs] == [
        ["training.max_epochs=1", "seed=3"],
        ["training.max_epochs=2", "seed=3"],
    ]
    assert [job["folder"] for job in jobs] == ["0", "1"]
    assert len({job["config_hash"] for job in jobs}) == 2
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["model=roberta,brt"],
            "model=roberta,brt: the group model has no option brt; did you mean model=roberta,bert?",
        ),
        (["model=bert,brt"], "did you mean model=bert?"),
        (["model=bert,nope"], "model=bert,nope: the group model has no option nope; the group has bert, bert_tiny"),
        (
            ["model=bert,default", "processing.batch_size=1,0"],
            "1. Job 1 (model=bert) and 1 more: processing.batch_size=0: ",
        ),
        (["model=choice(roberta,brt)"], "did you mean 'model=choice(roberta,bert)'?"),
        (["modle=bert,robrta", "seed=1,2"], "there is no group modle; did you mean model=bert,roberta?"),
        (["optimizer.lrr=1,2"], "did you mean optimizer.lr=1,2?"),
        (["training.max_epoch=range(1,9)"], "did you mean 'training.max_epochs=range(1,9)'?"),
        (["+training.max_epoch=1,2"], "did you mean training.max_epochs=1,2?"),
        (
            ["seed=1,2", "processing.batch_size=8,0"],
            "1. Job 1 (seed=1) and 1 more: processing.batch_size=0: "
            "processing.batch_size must be an integer of at least 1; processing.batch_size=64 would do.",
        ),
        (["model=default,bert", "processing.max_length=65"], "1. Job 0 (model=default): processing.max_length=65: "),
    ],
)
def test_values_of_a_sweep(overrides: list[str], said: str) -> None:
    assert said in refused("sweep", *overrides)


def test_a_gpu_is_asked_for_where_the_jobs_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert invoke("sweep", "--dry-run", "seed=1,2", "training=gpu").exit_code == 2
    monkeypatch.setenv("HYDRA_FULL_ERROR", "")
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    assert invoke("sweep", "--dry-run", "seed=1,2", "training=gpu", "hydra/launcher=submitit_slurm").exit_code == 0


@pytest.mark.parametrize("reader", ["a person", "a person who wants quiet", "a log"])
def test_only_a_person_sees_that_a_sweep_is_planned(
    monkeypatch: pytest.MonkeyPatch, reader: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if reader == "a log":
        sweep(Request(("seed=1,2",)), Output(), Policy(), dry_run=True)
        assert capfd.readouterr() == ("0: seed=1\n1: seed=2\n", "")
        return
    with closing(Terminal(monkeypatch)) as screen:
        sweep(Request(("seed=1,2",)), Output(quiet="quiet" in reader), Policy(), dry_run=True)
        assert ("Planning the jobs" in screen.shown()) == (reader == "a person")
    assert capfd.readouterr().out == "0: seed=1\n1: seed=2\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["seed=1,2", "--sampler", "random"], "--sampler is for a search"),
        (["seed=1,2", "--storage", "sqlite:///x.db", "--study-name", "x"], "--storage, --study-name is for a search"),
        (["--resume", "x", "--objective", "loss"], "--objective is as it was"),
        ([RATE, "seed=1"], "colactl sweep --trials 20 --set 'optimizer.lr=tag(log,interval(1e-5,1e-3))' --set seed=1"),
        (["seed=1", "--trials", "3"], "nothing to search"),
        ([RATE, "--trials", "3", "--objective", "f2"], "no run has a metric 'f2'"),
        ([RATE, "--trials", "3", "--objective", "valid/MCC"], "Did you mean --objective mcc?"),
        (["optimizer.lr=interval(0,1)", "--trials", "3"], "optimizer.lr must be"),
        ([RATE, "--trials", "3", "--sampler", "grid"], "is an interval"),
        ([RATE, "--trials", "3", "--storage", "sqlite://"], "keeps nothing"),
        ([RATE, "--trials", "0"], "--trials"),
        ([RATE, "--trials", "2", "--sampler", "annealing"], "annealing"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_created(arguments: list[str], said: str) -> None:
    assert said.lower() in " ".join(refused("sweep", *arguments).lower().split())


def test_a_plain_sweep_is_no_search() -> None:
    Path("plain").mkdir()
    Path("plain/sweep.yaml").write_text("overrides: []\nconfig_name: config\nconfig_dirs: []\ndirectory: .\n")
    Path("plain/multirun.yaml").write_text("hydra: {launcher: {_target_: x}}\n")
    assert "is no search" in refused("sweep", "--resume", "plain", "--trials", "3")


def test_where_optuna_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    for version, said in ((missing, "not installed"), (lambda _: "4.9.0", "4.9.0 is installed")):
        monkeypatch.setattr(prepare, "version", version)
        error = refused("sweep", "--trials", "3", "seed=1,2")
        assert said in error
        assert "pip install 'colactl[optuna]'" in error


def test_the_space_is_shown() -> None:
    asked = ["sweep", "--trials", "9", "--dry-run", "processing.batch_size=range(16,65,16)", "logger.csv=true,false"]
    plain = invoke(*asked, "--objective", "loss", RATE)
    assert plain.stdout.splitlines() == [
        "9 trials, to minimize loss, over",
        "processing.batch_size: 16 to 64, in steps of 16",
        "logger.csv: True, False",
        "optimizer.lr: 1e-05 to 0.001, log",
    ]
    told = json.loads(invoke(*asked, "--sampler", "grid", "--json").stdout)
    assert (told["trials"], told["sampler"], told["objective"], told["direction"]) == (8, "grid", "mcc", "maximize")
    assert told["space"][1] == {"key": "logger.csv", "choices": ["True", "False"]}
    assert list(Path.cwd().iterdir()) == []


def test_a_shared_launcher_is_given_no_code() -> None:
    target = "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher"
    Path("shared/hydra/launcher").mkdir(parents=True)
    write_text(Path("shared/hydra/launcher/mine.yaml"), yaml.safe_dump({"_target_": target, "timeout": [CALLS]}))
    for more in ((), ("--trials", "2"), ("--dry-run",)):
        search = "optimizer.weight_decay=interval(0.0,0.1)" if "--trials" in more else "seed=1,2"
        assert "hydra.launcher.timeout names code to run in a _target_" in refused(
            "sweep", "-q", "--config-dir", "shared", "hydra/launcher=mine", *SMALL, search, *more
        )
    assert [path.name for path in Path.cwd().iterdir()] == ["shared"]


@pytest.mark.parametrize("beside", ["${no.such.key}", "${oc.env:NO_SUCH_VARIABLE}"])
def test_a_launcher_that_cannot_be_resolved_is_given_no_code_either(beside: str) -> None:
    launcher = OmegaConf.create({"_target_": "Launcher", "beside": beside, "inner": {"calls": [CALLS]}})
    with pytest.raises(ConfigError, match=r"hydra\.launcher\.inner names code to run in a _target_"):
        refuse_nested_target(launcher)
    del launcher.inner
    refuse_nested_target(launcher)


@pytest.mark.parametrize("nested", [CALLS, "${hydra.job.config.override_dirname.exclude_keys}"])
def test_a_shared_sweep_gives_its_launcher_no_code(nested: object) -> None:
    made = Sweep(new_folder(Path("shared"), chosen=True))
    freeze(plan([*SMALL, "seed=1,2"]), made, [*SMALL, "seed=1,2"], "config", ())
    multirun = yaml.safe_load((made.folder / "multirun.yaml").read_text())
    multirun["hydra"]["job"]["config"]["override_dirname"]["exclude_keys"] = [CALLS]
    multirun["hydra"]["launcher"]["x"] = nested
    write_text(made.folder / "multirun.yaml", yaml.safe_dump(multirun))
    assert "hydra.launcher.x names code to run in a _target_" in refused("sweep", "--quiet", "--resume", "shared")
    assert not Path("called").exists()


@pytest.mark.slow
def test_a_job_that_names_a_function_fails_and_the_others_train(colactl: Colactl) -> None:
    targets = "+callbacks.x._target_=subprocess.run,pytorch_lightning.callbacks.Timer"
    done = colactl("sweep", "-q", "--json", *SMALL, targets, "hydra.sweep.dir=mine")
    assert done.returncode == 4
    first, second = json.loads(done.stdout)["jobs"]
    assert (first["status"], first["exit_code"], second["status"]) == ("failed", 2, "done")
    assert first["error"] == "callbacks.x._target_: subprocess.run is no Lightning callback"
    assert not Path("mine/0/config.yaml").exists()  # it has not begun
    assert Path("mine/0/train.log").read_text() == f"{first['error']}\n"


@pytest.mark.slow
def test_a_job_whose_run_was_changed_since_calls_nothing(colactl: Colactl, shared: Path) -> None:
    made = Sweep(new_folder(Path("mine"), chosen=True))
    freeze(plan([*SMALL, "seed=1,2"]), made, [*SMALL, "seed=1,2"], "config", ())
    shared.rename("mine/0")
    done = colactl("sweep", "-q", "--json", "--resume", "mine")
    assert done.returncode == 4
    first, second = json.loads(done.stdout)["jobs"]
    assert (first["status"], first["exit_code"], second["status"]) == ("failed", 2, "done")
    assert not Path("called").exists()


@pytest.mark.slow
def test_a_sweep_that_is_told_to_end() -> None:
    process = start_sweep("seed=0,1", "logger=csv", "training.max_epochs=50", "hydra.sweep.dir=mine", "--json", "-q")
    while process.poll() is None and not Path("mine/0/metrics.csv").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 143, err
    assert "colactl sweep --resume mine" in err
    assert "Traceback" not in err
    assert out == "" or out.startswith("{")
