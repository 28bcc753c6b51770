"""The commands that only look, through Typer's runner; what streams and processes do is in test_streams.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf
from typer.testing import CliRunner, Result

from colactl import __version__
from colactl.cli.app import app
from colactl.composition.compose import compose


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_version() -> None:
    assert run("--version").stdout == f"colactl {__version__}\n"


def test_help_is_about_every_command() -> None:
    assert "Train, evaluate, use and sweep classifiers" in run("--help").stdout
    assert "{RUN_OR_MODEL} [RUN_OR_MODEL]" in run("evaluate", "--help").stdout


def test_show_config_is_byte_for_byte_what_omegaconf_writes() -> None:
    assert run("show-config", "--set", "model=bert").stdout == OmegaConf.to_yaml(compose(["model=bert"]).config)


def test_show_config_resolves() -> None:
    shown = yaml.safe_load(run("show-config", "--set", "model=bert", "--resolve").stdout)
    assert shown["training"]["limit_val_batches"] == shown["training"]["limit_train_batches"] == 1.0
    assert shown["model"]["tokenizer"] == "google-bert/bert-base-uncased"


@pytest.mark.parametrize(
    ("package", "text"),
    [("processing", "batch_size: 64\nmax_length: 64\n"), ("training.max_epochs", "8\n"), ("model.name", "null\n")],
)
def test_show_config_shows_a_part(package: str, text: str) -> None:
    assert run("show-config", "--package", package).stdout == text


def test_show_config_has_no_such_part() -> None:
    result = run("show-config", "--package", "nope")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'nope'" in result.stderr


def test_show_config_as_json() -> None:
    assert json.loads(run("show-config", "--json").stdout) == OmegaConf.to_container(compose().config)


def test_set_applies_after_plain_overrides() -> None:
    shown = run("show-config", "--set", "seed=2", "seed=1", "-p", "seed").stdout
    assert shown == "2\n"


def test_show_config_refuses_what_cannot_be_trained() -> None:
    result = run("show-config", "processing.batch_size=0", "training.max_epochs=x")
    assert result.exit_code == 2
    assert "1. training.max_epochs" in result.stderr
    assert "2. processing.batch_size" in result.stderr


def test_the_tutorials_own_tree(tutorial: Path) -> None:
    shown = yaml.safe_load(run("show-config", "--config-dir", tutorial, "--resolve").stdout)
    assert shown["database"] == {"driver": "mongo", "url": "mongo://localhost"}
    assert "data" not in shown
    assert "database=AmazonDB" in run("list-groups", "--config-dir", tutorial).stdout.splitlines()
    (tutorial / "config.yaml").write_text("defaults:\n  - model: default\n  - database: AmazonDB\n")
    assert yaml.safe_load(run("show-config", "--config-dir", tutorial).stdout)["database"] == {"driver": "dynamo"}
    refused = run("train", "--config-dir", tutorial)
    assert refused.exit_code == 2
    assert "lacks data, processing" in refused.stderr


def test_list_groups_as_lines_and_json() -> None:
    lines = run("list-groups").stdout.splitlines()
    assert "model=bert_tiny" in lines
    assert all(line.count("=") == 1 for line in lines)
    listed = json.loads(run("list-groups", "--json", "model=bert").stdout)
    assert set(listed["model"]) == {"default", "selected", "options"}
    assert listed["model"]["selected"] == "bert"
    assert set(listed["model"]["options"]["bert"]) == {"description", "source", "replaces"}


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["training.max_epochs=1,2"], "colactl sweep --set training.max_epochs=1,2"),
        (["model=bert", "--set", "seed=range(1,3)"], "colactl sweep --set model=bert --set 'seed=range(1,3)'"),
        (["-m", "model=bert"], "colactl sweep --set model=bert"),
        (["--config-name", "mine", "seed=1,2"], "colactl sweep --config-name mine --set seed=1,2"),
    ],
)
def test_train_answers_a_list_with_the_sweep(arguments: list[str], command: str) -> None:
    result = run("train", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Type: {command}\n" in result.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["train", "--nope"], ["show-config", "--max-epochs", "3"], ["nope"], ["sweep", "--set"]]
)
def test_an_unknown_option_is_refused(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_a_wrong_config_leaves_nothing_on_disk(command: str) -> None:
    assert run(command, "processing.batch_size=0").exit_code == 2
    assert list(Path().iterdir()) == []


def test_dry_run_lists_the_jobs_and_writes_nothing() -> None:
    jobs = json.loads(run("sweep", "--dry-run", "--json", "training.max_epochs=1,2", "seed=3").stdout)
    assert [job["overrides"] for job in jobs] == [
        ["training.max_epochs=1", "seed=3"],
        ["training.max_epochs=2", "seed=3"],
    ]
    assert [job["folder"] for job in jobs] == ["0", "1"]
    assert len({job["config_hash"] for job in jobs}) == 2
    assert list(Path().iterdir()) == []


def test_a_sweep_names_the_job_that_cannot_run() -> None:
    result = run("sweep", "model=bert,default", "processing.batch_size=1,0")
    assert result.exit_code == 2
    assert "1. Job 1 (model=bert) and 1 more: processing.batch_size=0: " in result.stderr
    result = run("sweep", "model=bert,nope", "processing.batch_size=0,1")
    assert result.exit_code == 2
    assert "model=bert,nope: the group model has no option nope; the group has bert, bert_tiny" in result.stderr
    assert list(Path().iterdir()) == []
