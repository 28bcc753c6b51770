"""The trials of a search, kept in step with the jobs that run them."""

from __future__ import annotations

import fcntl
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from colactl.errors import ConfigError
from colactl.runs.files import write_text
from colactl.runs.run import State
from colactl.sweeping.folder import Sweep
from colactl.sweeping.names import TRIALS
from colactl.sweeping.planned import PlannedJob
from colactl.sweeping.results.rows import read_row
from colactl.sweeping.search.definition import Search, checked
from colactl.sweeping.search.storage import open_storage
from colactl.sweeping.search.study import load_study, load_trial, sampler_for, silent

OWNER = "colactl_sweep"  # a trial's attribute: the search that runs it
LOCK = ".trials.lock"

log = logging.getLogger(__name__)


class Trials:
    """A search's part of its study.

    A trial belongs to this search from its first moment in the storage, which `Study.ask` could not promise. One that
    has no job yet was left by a process that was killed before it could write it; the next one goes on with it.

    Args:
        sweep: The search's.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.search = Search.read(sweep.folder)
        self._storage = open_storage(self.search.options.storage, sweep.folder)
        self._study = load_study(self.search, self._storage)

    def free_slots(self) -> None:
        """Forgets which slot has which job: a resumed sweep's slots are new ones, whatever their names."""
        for file in (self.sweep.folder / TRIALS).glob(".slot*"):
            file.unlink()

    @silent()
    def begin(self, slot: str) -> PlannedJob | None:
        """Draws one more trial and plans its job.

        Args:
            slot: The launcher's place for a job. One that asks again goes on with the job that it was given before: a
                cluster may have put it into its queue again.

        Returns:
            The job; None where there are as many as wanted, or where what was drawn is no valid config: that trial has
            failed.
        """
        with self._alone():
            given = self.sweep.folder / TRIALS / f".slot{slot}"
            if given.exists():
                job = self.sweep.job(int(given.read_text()))
                return None if self.sweep.run(job).status in ("done", "failed") else job
            number = self._claim()
            if number is None:
                return None
            self._study.sampler = sampler_for(self.search, number)
            trial = load_trial(self._study, self._storage, number)
            texts = {parameter.key: parameter.suggest(trial) for parameter in self.search.space}
            job = self.search.trial(number, texts)
            try:
                job = checked(job)
            except ConfigError as error:
                self._refuse(job, error)
                return None
            self.sweep.add(job)
            write_text(given, str(job.index))
            return job

    @silent()
    def end(self, job: PlannedJob) -> None:
        """Tells the study how a job has ended; one that has not ended is left for a resumed sweep."""
        row = read_row(job.index, job.overrides, self.sweep.run(job))
        if row.result is None and row.status != "failed":
            return
        state, value = TrialState.COMPLETE, row.value(self.search.options.objective)
        if row.value("pruned"):
            state, value = TrialState.PRUNED, None
        elif value is None or math.isnan(value):  # it failed, or nothing was validated
            state, value = TrialState.FAIL, None
        self._study.tell(job.index, value, state, skip_if_finished=True)

    def unfinished(self) -> list[PlannedJob]:
        """The jobs that have begun and not ended; the study is told of those that have ended since."""
        running = [trial.number for trial in self._all() if trial.state == TrialState.RUNNING]
        begun = [self.sweep.job(number) for number in running if self.sweep.has(number)]
        for job in begun:
            self.end(job)
        return [job for job in begun if self.sweep.run(job).status not in ("done", "failed")]

    def left(self) -> int:
        """How many trials are still to begin."""
        return max(0, self.search.total - len(self._all())) + len(self._without_job())

    def _claim(self) -> int | None:
        """A trial of this search that has no job yet; other machines may add to the study at the same time."""
        waiting = self._without_job()
        while not waiting:
            if len(self._all()) >= self.search.total:
                return None
            self._study.add_trial(create_trial(state=TrialState.RUNNING, user_attrs={OWNER: self.search.owner}))
            waiting = self._without_job()
            if waiting and sum(trial.number < waiting[0] for trial in self._all()) >= self.search.total:
                self._study.tell(waiting[0], state=TrialState.FAIL)  # withdrawn: see `_all`
                waiting = []
        return waiting[0]

    def _without_job(self) -> list[int]:
        return [
            trial.number
            for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            if trial.user_attrs.get(OWNER) == self.search.owner and not self.sweep.has(trial.number)
        ]

    def _all(self) -> list[FrozenTrial]:
        """The study's trials, but those that wait, and those that were withdrawn: failed before they had any value."""
        trials = self._study.get_trials(deepcopy=False)
        begun = [trial for trial in trials if trial.state != TrialState.WAITING]
        return [trial for trial in begun if trial.params or trial.state != TrialState.FAIL]

    def _refuse(self, job: PlannedJob, error: ConfigError) -> None:
        folder = self.sweep.run(job).folder
        folder.mkdir(parents=True, exist_ok=True)
        State("failed", " ".join([error.message, *error.faults]), error.exit_code).write(folder)
        self.sweep.add(job)
        self.end(job)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process of this sweep at a time draws a trial: each draw counts on those before."""
        with (self.sweep.folder / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def report_of(sweep: Sweep, job: PlannedJob) -> Report | None:
    """What a search's job reports to; None where no trial is pruned."""
    search = Search.read(sweep.folder)
    return None if search.options.pruner == "none" else Report(search, sweep, job)


class Report:
    """Reports a trial's validations to the study from the process that trains, and asks its pruner.

    Args:
        search: What is in the sweep's folder.
        sweep: The search's.
        job: The trial's.

    Attributes:
        metric: The validation's metric that is wanted.
    """

    def __init__(self, search: Search, sweep: Sweep, job: PlannedJob) -> None:
        self.metric = search.options.objective
        self._search, self._sweep, self._job = search, sweep, job
        self._trial: optuna.Trial | None = None

    @silent()
    def __call__(self, validation: int, value: float) -> bool:
        """Reports the metric of a validation.

        Args:
            validation: Which one of the trial, from 0.
            value: Of the metric.

        Returns:
            Whether the trial is to be pruned.
        """
        try:
            self._trial = self._trial or self._open()
            self._trial.report(value, validation)
            return self._trial.should_prune()
        except Exception as error:  # a database that is away for a moment is no reason to lose a training
            log.warning("Validation %d could not be reported to the study: %s", validation, error)
            return False

    def _open(self) -> optuna.Trial:
        storage = open_storage(self._search.options.storage, self._sweep.folder)
        return load_trial(load_study(self._search, storage), storage, self._job.index)
