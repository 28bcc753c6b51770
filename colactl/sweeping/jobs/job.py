"""A job, seen from the process that a launcher has chosen for it: started, watched, and recorded."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from omegaconf import DictConfig

from colactl.errors import ConfigError
from colactl.host.signals import STOP_SIGNALS
from colactl.sweeping.engines.devices import dealt
from colactl.sweeping.jobs.attempt import Attempt, orphaned, parents
from colactl.sweeping.planning.planned_job import PlannedJob
from colactl.sweeping.sweep import FINISH, Sweep


def run_job(config: DictConfig) -> None:
    """What a launcher calls, in whatever process it likes.

    Args:
        config: `sweep`, its folder; `index`, the job's, or a slot's, below 0; `launcher`, the process of the sweep;
            `slots` and `devices` of its machine; and a `launch.Policy`'s `retries`, `fail_fast` and `timeout`.
    """
    if os.getppid() == config.launcher:
        _serve(config.launcher)
    sweep = Sweep(Path(config.sweep))
    planned = sweep.job(config.index) if config.index >= 0 else None
    with dealt(sweep.folder, config.slots, config.devices, _training(sweep, planned)) as environment:
        job = planned or _next_trial(sweep, f"{config.launcher}{config.index}")
        if job is not None:
            _see_through(sweep, job, config, environment)


def _see_through(sweep: Sweep, job: PlannedJob, config: DictConfig, environment: dict[str, str]) -> None:
    attempt = Attempt(sweep, job, config.timeout)
    for _ in range(1 + config.retries):
        if attempt.wanted():
            attempt.run_once(environment)
        if attempt.run.state.exit_code == ConfigError.exit_code:
            break  # what is wrong with a config is wrong again
    if config.fail_fast and attempt.run.status == "failed" and not sweep.stopping():  # NOW is more than FINISH
        sweep.stop(FINISH)
    if sweep.searches:
        from colactl.sweeping.search.trials import Trials  # Optuna may not be installed

        Trials(sweep).end(job)


def _training(sweep: Sweep, job: PlannedJob | None) -> DictConfig:
    """The group of a job; of a trial that is not drawn before there is a place for it, what all have."""
    if job is None:
        from colactl.sweeping.search.definition import Search

        job = Search.read(sweep.folder).bases[0].job
    training: DictConfig = job.resolved().training
    return training


def _next_trial(sweep: Sweep, slot: str) -> PlannedJob | None:
    """What a slot of a search is to run, if anything."""
    if sweep.stopping() or orphaned():
        return None
    from colactl.sweeping.search.trials import Trials

    return Trials(sweep).begin(slot)


def _serve(launcher: int) -> None:
    """Makes a worker of joblib's leave signals to the sweep's own process, and end its work with it."""
    parents.add(launcher)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
