"""Searches that are ready to run, and jobs that end without having trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from secrets import token_hex

import optuna
import pytest

from colactl.composition.compose import Composed
from colactl.runs.run import State
from colactl.sweeping.folder import Sweep, new_folder
from colactl.sweeping.planned import PlannedJob
from colactl.sweeping.search.definition import Options, Search
from colactl.sweeping.search.prepare import prepare
from colactl.sweeping.search.storage import open_storage
from colactl.sweeping.search.study import begin, load_study, with_storage
from colactl.sweeping.search.trials import Trials

LR = "optimizer.lr=tag(log,interval(1e-5,1e-2))"
Begun = Callable[..., Sweep]


@cache
def prepared(overrides: tuple[str, ...]) -> tuple[Composed, Search]:
    """Composing is what costs time, and each search of a space may have the same configs."""
    return prepare(Options(1), overrides)


@pytest.fixture
def begun(tmp_path: Path) -> Begun:
    """A search's folder, made as the command makes it."""

    def make(*overrides: str, name: str = "mine", trials: int = 4, seed: int = 0, **options: str) -> Sweep:
        asked = overrides or (LR, "processing.batch_size=16,32")
        composed, search = prepared(asked)
        search = replace(search, options=Options(trials, **options), owner=token_hex(), seed=seed)
        sweep = Sweep(new_folder(tmp_path / name, chosen=True))
        begin(composed, with_storage(search), sweep, asked, "config", ())
        return sweep

    return make


def ended(sweep: Sweep, job: PlannedJob, **result: object) -> None:
    """Ends a job with these figures, and tells the study."""
    run = sweep.run(job)
    run.folder.mkdir(exist_ok=True)
    run.complete(result)
    Trials(sweep).end(job)


def failed(sweep: Sweep, job: PlannedJob) -> None:
    sweep.run(job).folder.mkdir(exist_ok=True)
    State("failed", "It did not work.").write(sweep.run(job).folder)
    Trials(sweep).end(job)


def study_of(sweep: Sweep) -> optuna.Study:
    search = Search.read(sweep.folder)
    return load_study(search, open_storage(search.options.storage, sweep.folder))


def states(sweep: Sweep) -> list[str]:
    return [trial.state.name for trial in study_of(sweep).get_trials()]


def worth(job: PlannedJob) -> float:
    """A figure that a trial's values decide, best at a rate of 1e-3 and with batches of 16."""
    rate, batch = job.config["optimizer"]["lr"], job.config["processing"]["batch_size"]
    return float(min(rate / 1e-3, 1e-3 / rate) * (1 if batch == 16 else 0.5))
