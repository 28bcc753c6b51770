"""A trial's figures, reported from the process that trains, where its pruner is asked whether to go on."""

from __future__ import annotations

import logging

import optuna

from colactl.sweeping.planning.planned_job import PlannedJob
from colactl.sweeping.search.frozen import Search
from colactl.sweeping.search.optuna_port import opened
from colactl.sweeping.search.study import load_study, silent
from colactl.sweeping.sweep import Sweep

log = logging.getLogger(__name__)


def report_of(sweep: Sweep, job: PlannedJob) -> Report | None:
    """Whom a search's job reports to; None where nobody prunes."""
    search = Search.read(sweep.folder)
    return None if search.options.pruner == "none" else Report(sweep, job, search)


class Report:
    """Tells a study how a trial is getting on.

    Args:
        sweep: The search's.
        job: The trial's.
        search: What is in the sweep's folder.

    Attributes:
        metric: The name of the metric that it takes.
    """

    def __init__(self, sweep: Sweep, job: PlannedJob, search: Search) -> None:
        self.metric = search.options.objective
        self._sweep, self._job, self._search = sweep, job, search
        self._trial: optuna.Trial | None = None

    def __call__(self, validation: int, value: float) -> bool:
        """Reports a figure.

        Args:
            validation: Which one of the trial, from 0.
            value: What it found.

        Returns:
            Whether the trial is to be pruned.
        """
        try:
            with silent():
                self._trial = self._trial or self._open()
                self._trial.report(value, validation)
                return self._trial.should_prune()
        except Exception as error:  # a database that is away for a moment is no reason to lose a training
            log.warning("Validation %d could not be reported to the study: %s", validation, error)
            return False

    def _open(self) -> optuna.Trial:
        study = load_study(self._search, self._sweep.folder)
        (trial,) = [each for each in study.get_trials(deepcopy=False) if each.number == self._job.index]
        return opened(study, trial)
