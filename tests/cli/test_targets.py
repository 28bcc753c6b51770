"""A shared config, run or sweep that names a function where a class belongs: exit 2, and nothing is called."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf
from typer.testing import CliRunner, Result

from colactl import compose
from colactl.cli.app import app
from colactl.errors import ConfigError
from colactl.runs.files import write_text
from colactl.sweeping.engines.nested_code import refuse_nested_target
from colactl.sweeping.freeze import freeze, new_folder
from colactl.sweeping.planning.jobs import plan
from colactl.sweeping.sweep import Sweep

Colactl = Callable[..., subprocess.CompletedProcess[str]]

CALLS = {"_target_": "subprocess.run", "args": ["touch", "called"]}
TOLD = (
    "colactl: callbacks.x._target_: subprocess.run is no Lightning callback\n"
    "Name a subclass of pytorch_lightning.Callback, such as pytorch_lightning.callbacks.LearningRateMonitor.\n"
)
SMALL = ("training=debug", "logger=csv", "callbacks.plots=false", "callbacks.export=false")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def shared() -> Path:
    """A run's folder that somebody else has made."""
    config = compose(["training=debug", "logger=csv", "+callbacks.x={_target_: subprocess.run, args: [touch, called]}"])
    folder = Path("shared")
    folder.mkdir()
    write_text(folder / "status.json", '{"status": "interrupted"}')
    write_text(folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True))
    return folder


def test_a_shared_config(colactl: Colactl) -> None:
    Path("shared").mkdir()
    config = {"defaults": ["config", "_self_"], "callbacks": {"x": CALLS | {"inner": CALLS}}}
    write_text(Path("shared/mine.yaml"), yaml.safe_dump(config))
    done = colactl("train", "-q", "--config-dir", "shared", "--config-name", "mine", *SMALL, "hydra.run.dir=r")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", TOLD)
    assert [path.name for path in Path.cwd().iterdir()] == ["shared"]
    shown = colactl(
        "show-config", "--config-dir", "shared", "--config-name", "mine"
    )  # which imports and checks nothing
    assert (shown.returncode, shown.stderr) == (0, "")


def test_a_shared_run_is_not_resumed_and_left_as_it_was(shared: Path) -> None:
    before = contents(shared)
    done = run("train", "--quiet", "--resume", "shared")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", TOLD)
    assert contents(shared) == before
    assert [path.name for path in Path.cwd().iterdir()] == ["shared"]


def test_a_shared_run_is_not_repeated(shared: Path) -> None:
    done = run("train", "--quiet", "--rerun", "shared")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", TOLD)
    assert [path.name for path in Path.cwd().iterdir()] == ["shared"]


def test_a_shared_launcher_is_given_no_code() -> None:
    target = "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher"
    Path("shared/hydra/launcher").mkdir(parents=True)
    write_text(Path("shared/hydra/launcher/mine.yaml"), yaml.safe_dump({"_target_": target, "timeout": [CALLS]}))
    for more in ((), ("--trials", "2"), ("--dry-run",)):
        search = "optimizer.weight_decay=interval(0.0,0.1)" if "--trials" in more else "seed=1,2"
        done = run("sweep", "-q", "--config-dir", "shared", "hydra/launcher=mine", *SMALL, search, *more)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "hydra.launcher.timeout names code to run in a _target_" in done.stderr
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
    done = run("sweep", "--quiet", "--resume", "shared")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "hydra.launcher.x names code to run in a _target_" in done.stderr
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
