"""Errors as they are told at a terminal: all at once, each with what to type instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from colactl.cli.app import app
from tests.conftest import Completed

EXAMPLE = """\
colactl: This cannot be used:
  1. modle=bert: there is no group modle; did you mean model=bert?
  2. model=brt: the group model has no option brt; did you mean model=bert?
  3. training.max_epochs=abc: training.max_epochs must be an integer or null; training.max_epochs=8 would do.
  4. max_epochs=3: there is no group or key max_epochs; did you mean training.max_epochs=3?
  5. +training.max_epoch=1: training.max_epoch is not a key of training; did you mean training.max_epochs=1?
Run `colactl show-config` to see the keys, and `colactl list-groups` the groups and their options.
"""
WRONG = ("modle=bert", "model=brt", "training.max_epochs=abc", "max_epochs=3", "+training.max_epoch=1")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_five_errors_at_once(colactl: Callable[..., Completed]) -> None:
    done = colactl("train", *(word for override in WRONG for word in ("--set", override)))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", EXAMPLE)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("command", ["show-config", "sweep", "list-groups"])
def test_other_commands_tell_them_too(command: str) -> None:
    result = run(command, *WRONG)
    assert result.exit_code == 2
    assert result.stderr.count("did you mean") == 4


def test_a_search_tells_them_too() -> None:
    result = run("sweep", "--trials", "2", "optimizer.lrr=interval(1e-5,1e-3)", "modle=bert")
    assert (result.exit_code, list(Path().iterdir())) == (2, [])
    assert "did you mean 'optimizer.lr=interval(1e-5,1e-3)'?" in result.stderr
    assert "did you mean model=bert?" in result.stderr


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["model=roberta,brt"],
            "model=roberta,brt: the group model has no option brt; did you mean model=roberta,bert?",
        ),
        (["model=bert,brt"], "did you mean model=bert?"),
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
    result = run("sweep", *overrides)
    assert (result.exit_code, list(Path().iterdir())) == (2, [])
    assert said in result.stderr


@pytest.mark.parametrize("command", [["train"], ["sweep", "seed=1,2"], ["sweep", "seed=1,2", "hydra/launcher=joblib"]])
def test_a_file_that_is_not_there_is_told_before_anything_is_made(command: list[str]) -> None:
    files = ["data=files", "data.train=nope.tsv", "data.validation=nope.tsv"]
    result = run(*command, *files)
    assert (result.exit_code, result.stdout, list(Path().iterdir())) == (3, "", [])
    assert f"data.train=nope.tsv: there is no file nope.tsv in {Path.cwd()}." in result.stderr
    assert run(*command, *files, "processing.batch_size=0").exit_code == 2
    assert run("show-config", *files).exit_code == 0


def test_a_gpu_is_asked_for_where_the_jobs_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert run("sweep", "--dry-run", "seed=1,2", "training=gpu").exit_code == 2
    monkeypatch.setenv("HYDRA_FULL_ERROR", "")
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    assert run("sweep", "--dry-run", "seed=1,2", "training=gpu", "hydra/launcher=submitit_slurm").exit_code == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trian", "Did you mean 'train'?"),
        ("list", "Did you mean 'list-groups'?"),
        ("model=bert seed=3", "Overrides go after a command: colactl train model=bert seed=3"),
        ("train --qiet", "No such option: --qiet. Did you mean --quiet?"),
        ("train --confg-dir x", "Did you mean --config-dir?"),
        ("sweep --trails 3", "Did you mean --trials?"),
        ("--verion", "Did you mean --version?"),
        ("--strict train", "No such option: --strict. It goes after the command: colactl train --strict."),
        ("--json sweep seed=1,2", "It goes after the command: colactl sweep --json."),
        ("train --dry-run", "`colactl sweep` has it, and `colactl train` has not. `colactl show-config` checks"),
        ("diff --json x y --trials 2", "`colactl sweep` has it, and `colactl diff` has not."),
        ("show-config --package trainin", "Did you mean --package training?"),
        ("show-config --package training.max_epoch", "Did you mean --package training.max_epochs?"),
        ("train --epochs 3", "Did you mean --set training.max_epochs=3?"),
        ("train model=bert --learning-rate=1e-3", "Did you mean --set optimizer.lr=1e-3?"),
        ("sweep --batch-size 8,16 seed=1", "Did you mean --set processing.batch_size=8,16?"),
        ("train --seed 3", "Did you mean --set seed=3?"),
        ("sweep seed=1,2 --jobs 2", "Did you mean --set hydra/launcher=joblib --set hydra.launcher.n_jobs=2?"),
        ("show-config --model bert", "Did you mean --set model=bert?"),
        ("train --lr", "Did you mean --set optimizer.lr=VALUE?"),
        ("evaluate x --epochs 3", "No such option: --epochs "),
    ],
)
def test_what_was_meant_on_the_command_line(line: str, said: str) -> None:
    result = run(*line.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
