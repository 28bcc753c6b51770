"""The trials of a search, kept in step with the jobs that run them."""

from __future__ import annotations

import fcntl
import math
from collections.abc import Iterator
from contextlib import contextmanager

from optuna.trial import FrozenTrial, TrialState, create_trial

from colactl.errors import ConfigError
from colactl.runs.files import write_text
from colactl.runs.run import State
from colactl.sweeping.planning.planned_job import PlannedJob
from colactl.sweeping.results.rows import read_row
from colactl.sweeping.search.frozen import Search, checked
from colactl.sweeping.search.optuna_port import opened
from colactl.sweeping.search.study import load_study, sampler_for, silent
from colactl.sweeping.sweep import TRIALS, Sweep

OWNER = "colactl_sweep"  # a trial's attribute: the search that runs it
LOCK = ".trials.lock"


class Trials:
    """A search's part of its study.

    A trial belongs to this search from its first moment in the storage. One that has no job yet was left by a process
    that was killed before it could write it; the next to ask for a trial goes on with it.

    Args:
        sweep: The search's.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.search = Search.read(sweep.folder)
        with silent():
            self._study = load_study(self.search, sweep.folder)

    def free_slots(self) -> None:
        """Forgets who asked: whoever does from now on is another, whatever its name."""
        for given in (self.sweep.folder / TRIALS).glob(".slot*"):
            given.unlink()

    def begin(self, slot: str) -> PlannedJob | None:
        """Draws one more trial and plans its job.

        Args:
            slot: Whoever asks. The one that asked before goes on with what it was given: a cluster may put it into its
                queue again.

        Returns:
            The job; None where there are as many as wanted, or where what was drawn is no valid config: that trial has
            failed.
        """
        with self._alone(), silent():
            given = self.sweep.folder / TRIALS / f".slot{slot}"
            if given.exists():
                job = self.sweep.job(int(given.read_text()))
                return None if self.sweep.run(job).status in ("done", "failed") else job
            mine = self._claim()
            if mine is None:
                return None
            self._study.sampler = sampler_for(self.search, mine.number)
            trial = opened(self._study, mine)  # `ask`, but for a trial that is there already
            job = self.search.trial(mine.number, {each.key: each.suggest(trial) for each in self.search.space})
            try:
                job = checked(job)
            except ConfigError as error:
                self._refuse(job, error)
                return None
            self.sweep.add(job)
            write_text(given, str(job.index))
            return job

    def end(self, job: PlannedJob) -> None:
        """Tells the study how a job has ended; one that has not ended is left for a resumed sweep."""
        run = self.sweep.run(job)
        row = read_row(job.index, job.overrides, run)
        result = row.result
        with silent():
            if result is not None and result.get("pruned"):
                self._tell(job, TrialState.PRUNED)
            elif result is not None:
                self._tell(job, TrialState.COMPLETE, result.get(self.search.options.objective))
            elif row.status == "failed":
                self._tell(job, TrialState.FAIL)

    def unfinished(self) -> list[PlannedJob]:
        """The jobs that have begun and not ended, once the study was told of all that have."""
        running = [trial.number for trial in self._all() if trial.state == TrialState.RUNNING]
        begun = [self.sweep.job(number) for number in running if self.sweep.has(number)]
        for job in begun:
            self.end(job)
        return [job for job in begun if self.sweep.run(job).status not in ("done", "failed")]

    def left(self) -> int:
        """How many trials are still to begin."""
        return max(0, self.search.total - len(self._all())) + len(self._without_a_job())

    def _claim(self) -> FrozenTrial | None:
        """A trial of this search that has no job yet; other machines may add to the study at the same time."""
        waiting = self._without_a_job()
        while not waiting:
            if len(self._all()) >= self.search.total:
                return None
            self._study.add_trial(create_trial(state=TrialState.RUNNING, user_attrs={OWNER: self.search.owner}))
            waiting = self._without_a_job()
            if waiting and sum(each.number < waiting[0].number for each in self._all()) >= self.search.total:
                self._study.tell(waiting[0].number, state=TrialState.FAIL)  # withdrawn: see `_all`
                waiting = []
        return waiting[0]

    def _without_a_job(self) -> list[FrozenTrial]:
        return [
            trial
            for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            if trial.user_attrs.get(OWNER) == self.search.owner and not self.sweep.has(trial.number)
        ]

    def _all(self) -> list[FrozenTrial]:
        """The study's trials, but those that wait, and those that were withdrawn: failed before they had any value."""
        trials = self._study.get_trials(deepcopy=False)
        begun = [trial for trial in trials if trial.state != TrialState.WAITING]
        return [trial for trial in begun if trial.params or trial.state != TrialState.FAIL]

    def _tell(self, job: PlannedJob, state: TrialState, value: float | None = None) -> None:
        if state == TrialState.COMPLETE and (value is None or math.isnan(value)):
            state, value = TrialState.FAIL, None  # nothing was validated, say
        self._study.tell(job.index, value, state, skip_if_finished=True)

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
