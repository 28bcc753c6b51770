"""colactl train: the default run, a user's own data, --resume and --rerun, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from colactl.runs.files import write_text
from tests.conftest import ROOT, Completed
from tests.made_sweeps import made_run, made_sweep, result
from tests.terminal import invoke, refused

Colactl = Callable[..., Completed]
FILES = {
    *(".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", "config.yaml", "provenance.json"),
    *("status.json", "metrics.csv", "result.json", "train.log"),
    *(
        "plots/loss.png",
        "plots/mcc.png",
        "plots/confusion_matrix.png",
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
    ),
    *("model/config.json", "model/model.safetensors", "model/tokenizer.json", "model/README.md"),
}
CALLS = {"_target_": "subprocess.run", "args": ["touch", "called"]}
NOT_A_CALLBACK = (
    "colactl: callbacks.x._target_: subprocess.run is no Lightning callback\n"
    "Name a subclass of pytorch_lightning.Callback, such as pytorch_lightning.callbacks.LearningRateMonitor.\n"
)
SMALL = ("training=debug", "logger=csv", "callbacks.plots=false", "callbacks.export=false")
FAILS = """
from pytorch_lightning import Callback


class Fails(Callback):
    def on_train_start(self, *_):
        raise ValueError("the cat is on the mat")
"""


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


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


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
def test_bad_data_is_one_clear_sentence(text: str | None, told: str) -> None:
    Path("train.tsv").write_text("a\t1\t\tGood.\n")
    if text is not None:
        Path("dev.tsv").write_text(text)
    done = invoke("train", "-q", "data=files", "data.train=train.tsv", "data.validation=dev.tsv", "hydra.run.dir=mine")
    assert (done.exit_code, done.stdout) == (3, "")
    assert told in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) <= 2
    assert Path("mine").exists() == (text is not None)  # a missing file is noticed before
    if text is not None:
        assert json.loads(Path("mine/status.json").read_text())["status"] == "failed"


@pytest.mark.slow
def test_a_model_that_is_not_available(colactl: Colactl) -> None:
    done = colactl("train", "-q", "model=bert", "training=debug", "logger=csv")
    assert (done.returncode, done.stdout) == (3, "")
    assert "google-bert/bert-base-uncased" in done.stderr


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "training.accelerator is gpu, and this machine has no GPU" in refused(
        "train", "-q", "training=gpu", "logger=csv"
    )


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
    assert f"Type: {command}\n" in refused("train", *arguments)


@pytest.mark.parametrize("command", [["train"], ["sweep", "seed=1,2"], ["sweep", "seed=1,2", "hydra/launcher=joblib"]])
def test_a_file_that_is_not_there_is_told_before_anything_is_made(command: list[str]) -> None:
    files = ["data=files", "data.train=nope.tsv", "data.validation=nope.tsv"]
    assert f"data.train=nope.tsv: there is no file nope.tsv in {Path.cwd()}." in refused(*command, *files, code=3)
    assert "processing.batch_size" in refused(*command, *files, "processing.batch_size=0")
    assert invoke("show-config", *files).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--resume", "mine", "--set", "seed=1"), "colactl train --rerun mine"),
        (("--resume", "mine", "seed=1"), "colactl train --rerun mine"),
        (("--resume", "mine", "--rerun", "mine"), "Give one of them"),
        (("--rerun", "mine", "--config-name", "other"), "--config-name"),
        (("--resume", "mine", "-m"), "Leave --multirun out"),
        (("--rerun", "mine", "-m"), "Leave --multirun out"),
        (("--strict",), "--rerun RUN"),
        (("--resume", "mine"), "is no run"),
        (("--rerun", "mine"), "is no run"),
        (("--resume", str(ROOT / "configs")), "is no run"),
    ],
    ids=str,
)
def test_contradicting_options_are_refused(arguments: tuple[str, ...], told: str) -> None:
    assert told in refused("train", *arguments)


@pytest.mark.parametrize(
    ("text", "told"),
    [("seed: 0\n", "lacks model"), ("a: [", "is not YAML"), ("- a\n", "is no config")],
)
def test_a_config_that_was_spoilt(text: str, told: str) -> None:
    Path("mine").mkdir()
    Path("mine/status.json").write_text('{"status": "running"}')
    Path("mine/config.yaml").write_text(text)
    assert told in refused("train", "--resume", "mine")
    assert sorted(path.name for path in Path("mine").iterdir()) == ["config.yaml", "status.json"]


def test_a_complete_run_says_so_and_what_came_out() -> None:
    folder = made_run(Path("mine"), ["seed=3"], result(0.625)).folder
    done = invoke("train", "--resume", "mine")
    assert (done.exit_code, done.stdout) == (0, f"{folder}\n")
    assert done.stderr == ("mine is complete: there is nothing to continue.\nMCC 0.625, accuracy 0.750, loss 0.500\n")
    assert invoke("train", "--resume", "mine", "--quiet").stderr == ""


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        (result(0.0, degenerate=True), "accuracy 0.750, loss 0.500, degenerate: every sentence got the same answer\n"),
        ({"epochs": 1}, "Nothing was validated.\n"),
    ],
)
def test_metrics_that_say_little(metrics: dict[str, object], told: str) -> None:
    made_run(Path("mine"), [], metrics)
    assert invoke("train", "--resume", "mine").stderr.endswith(told)


def test_a_sweep_and_a_run_are_not_taken_for_one_another() -> None:
    made_sweep(Path("my sweep"), [("seed=1", None)])
    made_run(Path("my run"), [], result(0.5))
    assert "colactl sweep --resume 'my sweep'" in refused("train", "--resume", "my sweep")
    assert "colactl train --resume 'my run'" in refused("sweep", "--resume", "my run")


def test_a_runs_config_has_no_groups_to_choose_from() -> None:
    Path("mine/.hydra").mkdir(parents=True)
    Path("mine/config.yaml").write_text("seed: 0\n")
    Path("mine/.hydra/overrides.yaml").write_text("- seed=3\n")
    assert "colactl train --set seed=3 --set model=bert" in refused("train", "--rerun", "mine", "--set", "model=bert")
    assert "colactl sweep --set seed=3 --set training.max_epochs=1,2" in refused(
        "train", "--rerun", "mine", "--set", "training.max_epochs=1,2"
    )


def test_a_shared_config() -> None:
    Path("shared").mkdir()
    config = {"defaults": ["config", "_self_"], "callbacks": {"x": CALLS | {"inner": CALLS}}}
    write_text(Path("shared/mine.yaml"), yaml.safe_dump(config))
    mine = ("--config-dir", "shared", "--config-name", "mine")
    assert refused("train", "-q", *mine, *SMALL, "hydra.run.dir=r") == NOT_A_CALLBACK
    shown = invoke("show-config", *mine)  # imports and checks nothing
    assert (shown.exit_code, shown.stderr) == (0, "")


@pytest.mark.parametrize("how", ["--resume", "--rerun"])
def test_a_shared_run_is_refused_and_left_as_it_was(shared: Path, how: str) -> None:
    before = contents(shared)
    assert refused("train", "--quiet", how, "shared") == NOT_A_CALLBACK
    assert contents(shared) == before


@pytest.mark.slow
def test_a_training_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("fails.py").write_text(FAILS)
    words = ("train", "--quiet", "--json", "training=debug", "logger=csv", "+callbacks.bad._target_=fails.Fails")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(Path.cwd())]))
    done = subprocess.run([sys.executable, "-m", "colactl", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the cat is on the mat" in done.stderr
    assert "Traceback" not in done.stderr
