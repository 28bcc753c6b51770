"""colactl train --resume and --rerun with real processes and real kills."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Completed
from tests.disks import fill

Colactl = Callable[..., Completed]


# Dropout, so that the random state matters, and a save every few steps.
SETTINGS = (
    "training.max_epochs=2",
    "+model.architecture.mlp_dropout=0.1",
    "callbacks.checkpoint.every_n_steps=7",
    "training.log_every_n_steps=5",
    "processing.batch_size=128",
)
TIMES = ("seconds", "sentences_per_second", "tokens_per_second")


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "colactl", "train", "--quiet", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stop(process: subprocess.Popen[str], folder: Path, number: signal.Signals, rows: int) -> tuple[int, str]:
    """Sends the signal once so many rows were logged; gives the exit code and stderr."""
    metrics = folder / "metrics.csv"
    while process.poll() is None and not (metrics.exists() and metrics.read_text().count("\n") > rows):
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def bits(folder: Path) -> tuple[str, str, dict[str, object]]:
    result = json.loads((folder / "result.json").read_text())
    weights = hashlib.sha256((folder / "model" / "model.safetensors").read_bytes()).hexdigest()
    return weights, (folder / "metrics.csv").read_text(), {k: v for k, v in result.items() if k not in TIMES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stopped."""
    outside = tmp_path_factory.mktemp("whole")  # as the tests' own folders are: outside of a repository
    command = [sys.executable, "-m", "colactl", "train", "--quiet", *SETTINGS, "hydra.run.dir=run"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=outside, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return outside / "run"


@pytest.mark.slow
def test_a_run_that_was_killed_five_times(whole: Path, colactl: Colactl) -> None:
    folder = Path("torn").absolute()
    process = start(*SETTINGS, f"hydra.run.dir={folder}")
    for rows in (3, 6, 12, 16, 22):
        code, _ = stop(process, folder, signal.SIGKILL, rows)
        assert code == -signal.SIGKILL
        assert not (folder / "result.json").exists()
        process = start("--resume", str(folder))
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out.strip()) == (0, str(folder)), err
    assert bits(folder) == bits(whole)
    assert len(json.loads((folder / "provenance.json").read_text())["resumed"]) == 5


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_goes_on(number: signal.Signals, code: int, whole: Path, colactl: Colactl) -> None:
    done, err = stop(start(*SETTINGS, "hydra.run.dir=mine"), Path("mine"), number, 4)
    assert done == code, err
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "Go on with: colactl train --resume mine"
    status = json.loads(Path("mine/status.json").read_text())
    assert (status["status"], status["exit_code"]) == ("interrupted", code)
    assert not Path("mine/result.json").exists()
    resumed = colactl("train", "--quiet", "--resume", "mine")
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert bits(Path("mine")) == bits(whole)
    assert len(list(Path("mine/wandb").glob("offline-run-*"))) == 2
    identifiers = {folder.name.split("-")[-1] for folder in Path("mine/wandb").glob("offline-run-*")}
    assert identifiers == {Path("mine/wandb/run_id").read_text().strip()}


@pytest.mark.slow
def test_only_one_process_works_on_a_run(colactl: Colactl) -> None:
    process = start("training.max_epochs=100", "hydra.run.dir=mine")
    while not Path("mine/metrics.csv").exists() and process.poll() is None:
        time.sleep(0.05)
    second = colactl("train", "--resume", "mine")
    assert (second.returncode, second.stdout) == (2, "")
    assert "Another process works on" in second.stderr
    assert process.poll() is None
    assert stop(process, Path("mine"), signal.SIGTERM, 1)[0] == 143


@pytest.mark.slow
def test_a_complete_run_is_left_as_it_is(whole: Path, colactl: Colactl) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    done = colactl("train", "--resume", whole)
    assert (done.returncode, done.stdout.strip()) == (0, str(whole))
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before


@pytest.mark.slow
def test_a_run_without_a_checkpoint_starts_again(whole: Path, colactl: Colactl) -> None:
    process = start(*SETTINGS, "hydra.run.dir=mine")
    while not Path("mine/config.yaml").exists() and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not Path("mine/checkpoints").exists()
    done = colactl("train", "--quiet", "--resume", "mine")
    assert done.returncode == 0, done.stderr
    assert bits(Path("mine")) == bits(whole)


@pytest.mark.slow
def test_a_rerun_is_the_same_to_the_last_digit(whole: Path, colactl: Colactl) -> None:
    done = colactl("train", "--rerun", whole, "--strict", "--set", "hydra.run.dir=again", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path("again/config.yaml").read_bytes() == (whole / "config.yaml").read_bytes()
    assert bits(Path("again")) == bits(whole)


@pytest.mark.slow
def test_drift_is_told(whole: Path, colactl: Colactl, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / "config.yaml").write_bytes((whole / "config.yaml").read_bytes())
    provenance = json.loads((whole / "provenance.json").read_text())
    provenance["packages"]["torch"] = "2.7.0"
    provenance["git"] = {"commit": "f" * 40, "dirty": False, "changes": None}
    (earlier / "provenance.json").write_text(json.dumps(provenance))
    arguments = ("train", "--rerun", earlier, "--set", "data.seed=1", "--set", "training.limit_train_batches=2")
    refused = colactl(*arguments, "--strict")
    assert (refused.returncode, refused.stdout) == (2, "")
    for told in ("torch: 2.7.0 then", "git commit: ffffffffffff then", "data: "):
        assert told in refused.stderr
    assert not Path("outputs").exists()
    done = colactl(*arguments)
    assert done.returncode == 0
    assert "changed: torch: 2.7.0 then" in done.stderr
    config = (Path(done.stdout.strip()) / "config.yaml").read_text()
    assert "limit_train_batches: 2\n" in config


@pytest.mark.slow
def test_a_full_disk(small_disk: Path, whole: Path, colactl: Colactl) -> None:
    folder = small_disk / "run"
    process = start(*SETTINGS, f"hydra.run.dir={folder}", "logger=csv")
    while not (folder / "checkpoints" / "last.ckpt").exists() and process.poll() is None:
        time.sleep(0.02)
    filler = fill(small_disk)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    assert "cannot be written" in err
    assert f"colactl train --resume {folder}" in err
    assert len(err.splitlines()) <= 3
    filler.unlink()
    done = colactl("train", "--quiet", "--resume", folder)
    assert done.returncode == 0, done.stderr
    assert bits(folder) == bits(whole)


@pytest.mark.slow
def test_a_read_only_folder(small_disk: Path, colactl: Colactl) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = colactl("train", f"hydra.run.dir={small_disk}/run", "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Read-only file system" in done.stderr
    assert len(done.stderr.splitlines()) == 1
