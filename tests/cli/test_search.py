"""What `colactl sweep --trials` says before anything starts."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from typer.testing import CliRunner

from colactl.cli.app import app
from colactl.sweeping.search import prepare

RATE = "optimizer.lr=tag(log,interval(1e-5,1e-3))"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["seed=1,2", "--sampler", "random"], "--sampler is for a search"),
        (["seed=1,2", "--storage", "sqlite:///x.db", "--study-name", "x"], "--storage, --study-name is for a search"),
        (["--resume", "x", "--objective", "loss"], "--objective is as it was"),
        ([RATE, "seed=1"], "colactl sweep --trials 20 --set 'optimizer.lr=tag(log,interval(1e-5,1e-3))' --set seed=1"),
        (["seed=1", "--trials", "3"], "nothing to search"),
        ([RATE, "--trials", "3", "--objective", "f2"], "no run has a figure 'f2'"),
        ([RATE, "--trials", "3", "--objective", "valid/MCC"], "Did you mean --objective mcc?"),
        (["optimizer.lr=interval(0,1)", "--trials", "3"], "optimizer.lr must be"),
        ([RATE, "--trials", "3", "--sampler", "grid"], "is an interval"),
        ([RATE, "--trials", "3", "--storage", "sqlite://"], "keeps nothing"),
        ([RATE, "--trials", "0"], "--trials"),
        ([RATE, "--trials", "2", "--sampler", "annealing"], "annealing"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_created(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["sweep", *arguments])
    assert done.exit_code == 2
    assert said.lower() in " ".join(done.stderr.lower().split())
    assert done.stdout == ""
    assert list(Path.cwd().iterdir()) == []


def test_a_plain_sweep_is_no_search() -> None:
    Path("plain").mkdir()
    Path("plain/sweep.yaml").write_text(
        "overrides: []\nconfig_name: config\nconfig_dirs: []\ndirectory: .\ngroup: plain\n"
    )
    Path("plain/multirun.yaml").write_text("hydra: {launcher: {_target_: x}}\n")
    done = CliRunner().invoke(app, ["sweep", "--resume", "plain", "--trials", "3"])
    assert done.exit_code == 2
    assert "is no search" in done.stderr


def test_where_optuna_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    for version, said in ((missing, "not installed"), (lambda _: "4.9.0", "4.9.0 is installed")):
        monkeypatch.setattr(prepare, "version", version)
        done = CliRunner().invoke(app, ["sweep", "--trials", "3", "seed=1,2"])
        assert done.exit_code == 2
        assert said in done.stderr
        assert "pip install 'colactl[optuna]'" in done.stderr
    assert list(Path.cwd().iterdir()) == []


def test_the_space_is_shown() -> None:
    asked = ["sweep", "--trials", "9", "--dry-run", "processing.batch_size=range(16,65,16)", "logger.csv=true,false"]
    plain = CliRunner().invoke(app, [*asked, "--objective", "loss", RATE])
    assert plain.stdout.splitlines() == [
        "9 trials, to minimize loss, over",
        "processing.batch_size: 16 to 64, in steps of 16",
        "logger.csv: True, False",
        "optimizer.lr: 1e-05 to 0.001, log",
    ]
    told = json.loads(CliRunner().invoke(app, [*asked, "--sampler", "grid", "--json"]).stdout)
    assert (told["trials"], told["sampler"], told["objective"], told["direction"]) == (8, "grid", "mcc", "maximize")
    assert told["space"][1] == {"key": "logger.csv", "choices": ["True", "False"]}
    assert list(Path.cwd().iterdir()) == []
