"""The exit codes of each command: where each is reached, and here those that no other file reaches."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from colactl.__main__ import main
from colactl.cli.app import app
from tests.conftest import ROOT
from tests.made_sweeps import made_run, result
from tests.sweeping.kills import start

HERE = "cli/test_exit_codes"
FULL = f"{HERE}::test_a_full_disk_behind_stdout"
# For each command its codes, and a test that reaches each: by a real process or in this one.
REACHED = {
    "train": {
        0: "cli/test_train::test_ones_own_files_and_a_chosen_folder",
        1: f"{HERE}::test_a_training_that_fails",
        2: "cli/test_train::test_a_device_that_is_not_there",
        3: "cli/test_train::test_bad_data_is_one_clear_sentence",
        **dict.fromkeys((130, 143), "cli/test_resume::test_an_interrupted_run_goes_on"),
    },
    "evaluate": {
        0: "cli/test_evaluate::test_fresh_runs_of_the_default_model",
        1: FULL,
        **dict.fromkeys((2, 3), "cli/test_evaluate::test_what_is_refused"),
        **dict.fromkeys((130, 143), f"{HERE}::test_an_evaluation_that_is_interrupted"),
    },
    "predict": {
        0: "cli/test_predict::test_glue",
        1: FULL,
        **dict.fromkeys((2, 3), "cli/test_predict::test_what_is_wrong_is_told"),
        **dict.fromkeys((130, 143), "cli/test_predict::test_a_signal_leaves_no_file"),
    },
    "sweep": {
        0: "sweeping/test_sweep::test_a_joblib_sweep",
        1: FULL,
        2: "cli/test_errors::test_values_of_a_sweep",
        3: "cli/test_errors::test_a_file_that_is_not_there_is_told_before_anything_is_made",
        4: "sweeping/test_sweep::test_a_failing_job_takes_no_other_with_it",
        130: "sweeping/test_resume::test_ctrl_c_once_and_twice",
        143: f"{HERE}::test_a_sweep_that_is_told_to_end",
    },
    "show-config": {
        0: "cli/test_streams::test_a_closed_stdout",
        1: FULL,
        2: "cli/test_commands::test_show_config_refuses_what_cannot_be_trained",
        130: f"{HERE}::test_ctrl_c_before_any_work",
    },
    "runs": {0: "cli/test_runs::test_a_sweeps_table", 1: FULL, 2: "cli/test_runs::test_a_folder_without_runs"},
    "diff": {
        0: "cli/test_diff::test_equal_configs_are_0_and_nothing_on_stdout",
        1: "cli/test_diff::test_a_line_for_each_difference_group_by_group",
        2: "cli/test_diff::test_what_is_no_config_is_2",
    },
    "list-groups": {
        0: "cli/test_contract::test_a_terminal_that_lacks_a_letter",
        1: FULL,
        2: "cli/test_contract::test_quiet_is_taken_and_an_unknown_option_is_refused",
    },
    "copy-config": {
        0: "cli/test_copy_config::test_it_never_overwrites_without_force",
        1: "cli/test_copy_config::test_a_folder_that_cannot_be",
        2: "cli/test_copy_config::test_a_folder_that_cannot_be",
    },
}
FAILS = """
from pytorch_lightning import Callback


class Fails(Callback):
    def on_train_start(self, *_):
        raise ValueError("the cat is on the mat")
"""
DATA = "a\t1\t\tThe cat sleeps.\nb\t0\t*\tCat the sleeps.\n"


@pytest.fixture(scope="module")
def model(write_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def files(model: Path) -> None:
    """A model, data, and a run that is done, in the working directory."""
    Path("model").symlink_to(model)
    Path("dev.tsv").write_text(DATA * 4)
    made_run(Path("run"), ["seed=1"], result(0.5))


def test_each_command_reaches_its_codes() -> None:
    assert set(REACHED) == set(get_command(app).commands)
    for command, reached in REACHED.items():
        for code, where in reached.items():
            file, _, name = where.partition("::")
            assert re.search(rf"\b{code}\b", _source(ROOT / "tests" / f"{file}.py", name)), (command, code, where)


def _source(file: Path, name: str) -> str:
    """A test's text, from its first decorator on; empty where there is none."""
    text = file.read_text()
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name]
    lines = text.splitlines()
    return "\n".join(
        line
        for node in found
        for line in lines[min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1 : node.end_lineno]
    )


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("evaluate model --set data=files --set data.validation=dev.tsv", 1),
        ("predict model a", 1),
        ("sweep --dry-run seed=1,2", 1),
        ("show-config --json", 1),
        ("list-groups", 1),
        ("runs run", 1),
        ("diff model=bert seed=1", 2),  # where 1 says that they differ
    ],
)
def test_a_full_disk_behind_stdout(words: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as caught:
            app(words.split())
    assert caught.value.code == code


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_evaluation_that_is_interrupted(monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int) -> None:
    monkeypatch.setattr("colactl.training.scoring.scorer.Scorer.probabilities", lambda *_: os.kill(os.getpid(), number))
    words = "evaluate model --set data=files --set data.validation=dev.tsv"
    done = CliRunner().invoke(app, words.split())
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", "colactl: evaluation was interrupted\n")


def test_ctrl_c_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colactl.composition.compose.compose", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    done = CliRunner().invoke(app, ["show-config"])
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "colactl: interrupted.\n")


def test_ctrl_c_before_the_command_line_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Pressed(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name == "colactl.cli.app":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "colactl.cli.app")
    monkeypatch.setattr(sys, "meta_path", [Pressed(), *sys.meta_path])
    with pytest.raises(SystemExit, match="130"):
        main()
    assert capsys.readouterr() == ("", "colactl: interrupted.\n")


@pytest.mark.slow
def test_a_training_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("fails.py").write_text(FAILS)
    words = ("train", "--quiet", "--json", "training=debug", "logger=csv", "+callbacks.bad._target_=fails.Fails")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(Path.cwd())]))
    done = subprocess.run([sys.executable, "-m", "colactl", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the cat is on the mat" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_sweep_that_is_told_to_end() -> None:
    process = start("seed=0,1", "logger=csv", "training.max_epochs=50", "hydra.sweep.dir=mine", "--json", "--quiet")
    while process.poll() is None and not Path("mine/0/metrics.csv").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 143, err
    assert "colactl sweep --resume mine" in err
    assert "Traceback" not in err
    assert out == "" or out.startswith("{")
