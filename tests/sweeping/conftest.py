"""Jobs that misbehave, what a sweep leaves behind, and a Slurm to sweep on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from colactl.sweeping.folder import Sweep, freeze, new_folder
from colactl.sweeping.planning.jobs import plan
from tests import slurm_node
from tests.conftest import ROOT

MISBEHAVE = """
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from pytorch_lightning import Callback

from colactl.errors import ConfigError


class Misbehave(Callback):
    def __init__(self, how):
        self.how = how

    def on_train_start(self, *_):
        if self.how == "raise":
            raise ValueError("the cat is on the mat")
        if self.how == "exit":
            sys.exit(3)
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "say":
            print("said:", os.environ["MY_TOKEN"], flush=True)
        if self.how == "crash":
            ctypes.string_at(0)
        if self.how == "wrong":
            with Path("tries").open("a") as tries:
                tries.write("x")
            raise ConfigError("this cannot be trained")
        if self.how == "once" and not Path("again").exists():
            Path("again").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def on_train_batch_end(self, *_):
        if self.how == "hang":
            time.sleep(600)
        if self.how in ("slow", "slower"):
            time.sleep(0.3 if self.how == "slow" else 3)
"""
TIMES = ("seconds", "sentences_per_second", "tokens_per_second")
Job = dict[str, Any]
OVERRIDES = ("seed=1,2", "training=debug", "logger.wandb.project=a b")


@pytest.fixture
def misbehave(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Overrides for a callback whose `+callbacks.bad.how` says what it does."""
    Path("misbehave.py").write_text(MISBEHAVE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(Path.cwd())]))
    return ("+callbacks.bad._target_=misbehave.Misbehave",)


def jobs_of(text: str) -> list[Job]:
    """The jobs that `sweep --json` printed."""
    jobs: list[Job] = json.loads(text)["jobs"]
    return jobs


def bits(folder: Path | str) -> tuple[str, str, dict[str, Any]]:
    """All of a run that must not depend on how it came about: weights, metrics and figures."""
    folder = Path(folder)
    figures = json.loads((folder / "result.json").read_text())
    weights = hashlib.sha256((folder / "model" / "model.safetensors").read_bytes()).hexdigest()
    metrics = (folder / "metrics.csv").read_text()
    return weights, metrics, {key: value for key, value in figures.items() if key not in TIMES}


@pytest.fixture(scope="session")
def _slurm_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    if reason := slurm_node.missing():
        pytest.skip(reason)
    with slurm_node.running(tmp_path_factory.mktemp("slurm")) as environment:
        yield environment


@pytest.fixture
def slurm(_slurm_node: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Slurm's commands, in this process's environment too, are about a node of the tests' own."""
    for name, value in _slurm_node.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def sweep() -> Sweep:
    """A sweep of two jobs that has not run."""
    made = Sweep(new_folder(Path("mine"), chosen=True))
    with made.held():
        freeze(plan(OVERRIDES), made, OVERRIDES, "config", ())
    return made
