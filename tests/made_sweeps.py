"""Sweeps' folders, made by the product's own functions without the hours of training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from colactl.runs.create import create, write_hydra_files
from colactl.runs.run import Run
from colactl.sweeping.names import PLANNED, SWEEP
from colactl.sweeping.planned import PlannedJob

Outcome = dict[str, Any] | BaseException | None  # a result, what it fails with, or nothing: it has not started
BASE = {"seed": 0, "optimizer": {"lr": 0.5}, "processing": {"batch_size": 64}, "experiment": None}


def made_run(folder: Path, overrides: Sequence[str], outcome: Outcome, **config: object) -> Run:
    """A run that ended so."""
    run = create(folder)
    composed = OmegaConf.merge(BASE, OmegaConf.from_dotlist(list(overrides)), config)
    write_hydra_files(run.folder, composed, None, list(overrides))
    with suppress(BaseException), run.recording():
        if isinstance(outcome, BaseException):
            raise outcome
        run.complete(outcome or {})
    return run


def made_sweep(folder: Path, jobs: Sequence[tuple[str, Outcome]]) -> Path:
    """A sweep whose jobs, given by their overrides, ended so."""
    folder.mkdir(parents=True)
    (folder / SWEEP).write_text(yaml.safe_dump({"overrides": []}))
    planned = [
        PlannedJob(index, text.split(), "0", str(index), config={}, values={}, choices={})
        for index, (text, _) in enumerate(jobs)
    ]
    (folder / PLANNED).write_text("".join(f"{json.dumps(asdict(job))}\n" for job in planned))
    for index, (text, outcome) in enumerate(jobs):
        if outcome is not None:
            made_run(folder / str(index), text.split(), outcome)
    return folder.absolute()


def result(mcc: float, degenerate: bool = False, seconds: float = 10.0) -> dict[str, Any]:
    """A run's figures."""
    return {
        "mcc": mcc,
        "accuracy": 0.75,
        "f1": 0.8,
        "loss": 0.5,
        "seconds": seconds,
        "degenerate": degenerate,
        "epochs": 1,
    }
