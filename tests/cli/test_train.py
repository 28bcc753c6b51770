"""colactl train, for real: the default run, one's own data, and what goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, Completed

Colactl = Callable[..., Completed]
FILES = {
    ".hydra/config.yaml",
    ".hydra/hydra.yaml",
    ".hydra/overrides.yaml",
    "config.yaml",
    "provenance.json",
    "status.json",
    "metrics.csv",
    "result.json",
    "plots/loss.png",
    "plots/mcc.png",
    "plots/confusion_matrix.png",
    "checkpoints/best.ckpt",
    "checkpoints/last.ckpt",
    "model/config.json",
    "model/model.safetensors",
    "model/tokenizer.json",
    "model/README.md",
    "train.log",
}


@pytest.fixture(scope="module")
def default_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Completed, Path]:
    """README's first command: nothing but `colactl train`, the network closed."""
    return trained(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Completed, Path]:
    """The same in a few steps."""
    return trained(tmp_path_factory.mktemp("short"), "training=debug")


def trained(work: Path, *overrides: str) -> tuple[Completed, Path]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "WANDB_MODE": "offline"}
    command = [sys.executable, "-m", "colactl", "train", *overrides]
    done = subprocess.run(command, capture_output=True, text=True, cwd=work, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    return done, work


def test_only_the_folder_on_stdout(short_run: tuple[Completed, Path]) -> None:
    done, work = short_run
    (folder,) = (work / "outputs").glob("*/*")
    assert done.stdout == f"{folder}\n"
    assert "batch_size: 64" in done.stderr  # the resolved config is shown
    assert "Warning" not in done.stderr


def test_the_folder_is_whole(short_run: tuple[Completed, Path]) -> None:
    folder = Path(short_run[0].stdout.strip())
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert found >= FILES
    assert list((folder / "wandb").glob("offline-run-*/*.wandb"))
    assert yaml.safe_load((folder / "config.yaml").read_text())["training"]["threads"] >= 1


@pytest.mark.slow
def test_the_default_run_learns_grammar(default_run: tuple[Completed, Path]) -> None:
    result = json.loads((Path(default_run[0].stdout.strip()) / "result.json").read_text())
    assert result["mcc"] >= 0.90
    assert (result["train_sentences"], result["validation_sentences"]) == (8551, 1043)
    assert 0.8 < result["padding_efficiency"] <= 1.0
    assert result["sentences_per_second"] > 0


@pytest.mark.slow
def test_the_model_loads_in_a_pipeline(default_run: tuple[Completed, Path]) -> None:
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(Path(default_run[0].stdout.strip()) / "model"))
    good, bad = classify(["Those students have complained.", "Those students has complained."])
    assert (good["label"], bad["label"]) == ("acceptable", "unacceptable")


def test_ones_own_files_and_a_chosen_folder(colactl: Colactl) -> None:
    Path("train.csv").write_text("sentence,label\n" + 'The "dog" sleeps.,1\nDog the sleeps.,0\n' * 8)
    Path("dev.tsv").write_text("gj04\t1\t\tThe cat sleeps.\ngj04\t0\t*\tCat the sleeps.\n" * 4)
    done = colactl(
        *("train", "--json", "--quiet", "data=files", "data.train=train.csv", "data.validation=dev.tsv"),
        *("training=debug", "logger=csv", "hydra.run.dir=mine"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["folder"] == str(Path("mine").absolute())
    assert (told["result"]["train_sentences"], told["result"]["validation_sentences"]) == (16, 8)
    again = colactl("train", "training=debug", "logger=csv", "hydra.run.dir=mine")
    assert again.returncode == 2
    assert "already holds a run" in again.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\t1\t\tGood.\nb\t2\t\tBad label.\n", "dev.tsv:2"),
        ("a\t1\tonly three\n", "dev.tsv:1"),
        ("", "dev.tsv"),
        (None, "dev.tsv"),
    ],
)
def test_bad_data_is_one_clear_sentence(colactl: Colactl, text: str | None, told: str) -> None:
    Path("train.tsv").write_text("a\t1\t\tGood.\n")
    if text is not None:
        Path("dev.tsv").write_text(text)
    done = colactl("train", "-q", "data=files", "data.train=train.tsv", "data.validation=dev.tsv", "hydra.run.dir=mine")
    assert (done.returncode, done.stdout) == (3, "")
    assert told in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) <= 2
    if text is None:  # which is seen before the run has a folder
        assert not Path("mine").exists()
    else:
        assert json.loads(Path("mine/status.json").read_text())["status"] == "failed"


@pytest.mark.slow
def test_a_model_that_is_not_to_be_had(colactl: Colactl) -> None:
    done = colactl("train", "-q", "model=bert", "training=debug", "logger=csv")
    assert (done.returncode, done.stdout) == (3, "")
    assert "google-bert/bert-base-uncased" in done.stderr


def test_a_device_that_is_not_there(colactl: Colactl) -> None:
    done = colactl("train", "-q", "training=gpu", "logger=csv", CUDA_VISIBLE_DEVICES="")
    assert (done.returncode, done.stdout) == (2, "")
    assert "training.accelerator is gpu, and this machine has no GPU" in done.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif("COLACTL_COLA" not in os.environ, reason="COLACTL_COLA does not name the folder of the real CoLA")
def test_the_real_cola(colactl: Colactl) -> None:
    cola = Path(os.environ["COLACTL_COLA"])
    done = colactl(
        *("train", "--json", "--quiet", "--set", "data=files", "--set", f"data.train={cola}/in_domain_train.tsv"),
        *("--set", f"data.validation=[{cola}/in_domain_dev.tsv,{cola}/out_of_domain_dev.tsv]"),
        *("--set", "training.max_epochs=1", "--set", "logger=csv"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)["result"]
    assert (result["train_sentences"], result["validation_sentences"]) == (8551, 1043)
