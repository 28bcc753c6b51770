"""A sweep while it runs: its jobs' rows, read again and again, and how far it is by them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from colactl.sweeping.folder import Sweep
from colactl.sweeping.names import TRIALS
from colactl.sweeping.results.compare import MCC, Objective, best
from colactl.sweeping.results.rows import Row, read_row

ENDED = ("done", "failed", "interrupted")


class Watcher:
    """Reads a sweep's jobs again and again while they run; what is done is not read twice.

    Args:
        folder: The sweep's.
        slots: How many trials of a search are to be planned while they run.

    Raises:
        ConfigError: The folder holds no sweep.
    """

    def __init__(self, folder: Path, slots: int = 0) -> None:
        self._sweep = Sweep(folder)
        self._jobs = {job.index: (job.overrides, self._sweep.run(job)) for job in self._sweep.jobs()}
        self._total = len(self._jobs) + slots
        self._done: dict[int, Row] = {}

    def __call__(self) -> list[Row]:
        """The rows of all jobs; one that is not planned yet is pending, without a number of its own."""
        for index in self._sweep.trials():
            if index not in self._jobs:
                job = self._sweep.job(index)
                self._jobs[index] = (job.overrides, self._sweep.run(job))
        rows = [self._done.get(index) or read_row(index, *job) for index, job in self._jobs.items()]
        self._done = {row.index: row for row in rows if row.status == "done" and row.result}
        unplanned = Row(-1, folder=str(self._sweep.folder / TRIALS / "none"))
        return rows + [unplanned] * (self._total - len(rows))


@dataclass(frozen=True)
class Progress:
    """A sweep at one moment.

    Attributes:
        jobs: How many there are.
        done: How many have their result, those of an earlier start of the sweep included.
        failed: How many have failed, or were killed, since this start.
        pending: How many are still to start, those that an earlier start left undone included.
        running: Those that run, each with the seconds since it was first seen running.
        best: The best job by the objective.
        seconds_left: Until all is done; None where nothing has ended yet.
    """

    jobs: int
    done: int
    failed: int
    pending: int
    running: list[tuple[Row, float]]
    best: Row | None
    seconds_left: float | None


class Tracker:
    """Follows a sweep through the rows that it is given from time to time.

    Args:
        slots: How many jobs may run at once; None takes the most that were seen running together.
        clock: Seconds from any moment on.
        objective: What is best.
    """

    def __init__(
        self, slots: int | None = None, clock: Callable[[], float] = time.monotonic, objective: Objective = MCC
    ) -> None:
        self._slots = slots
        self._objective = objective
        self._most_running = 1
        self._clock = clock
        self._began: float | None = None
        self._done_before = 0
        self._left_over: dict[int, Row] = {}  # what an earlier start left undone, until it changes
        self._running_since: dict[int, float] = {}

    def __call__(self, rows: Sequence[Row]) -> Progress:
        """How far the sweep is.

        Args:
            rows: Of all jobs, as they are now.
        """
        now = self._clock()
        if self._began is None:
            self._began = now
            self._done_before = sum(row.status == "done" for row in rows)
            self._left_over = {row.index: row for row in rows if row.status in ("failed", "interrupted")}
        self._left_over = {row.index: row for row in rows if self._left_over.get(row.index) == row}
        working = [row for row in rows if row.status == "running"]
        self._running_since = {row.index: self._running_since.get(row.index, now) for row in working}
        self._most_running = max(self._most_running, len(working))
        running = [(row, now - self._running_since[row.index]) for row in working]
        ended = [row for row in rows if row.status in ENDED and row.index not in self._left_over]
        done = sum(row.status == "done" for row in ended)
        pending = len(rows) - len(ended) - len(running)
        here = len(ended) - self._done_before
        left = self._seconds_left(now - self._began, here, pending, running, ended)
        top = best(rows, self._objective)
        return Progress(len(rows), done, len(ended) - done, pending, running, top, left)

    def _seconds_left(
        self, elapsed: float, here: int, pending: int, running: list[tuple[Row, float]], ended: list[Row]
    ) -> float | None:
        """By how long the jobs since this start held a slot, starting included; before the first, by earlier ones."""
        slots = self._slots or self._most_running
        known = [seconds for row in ended if (seconds := row.value("seconds")) is not None]
        if here:
            per_job = max(elapsed * slots - sum(seconds for _, seconds in running), 0.0) / here
        elif known:
            per_job = statistics.fmean(known)
        else:
            return None
        work = pending * per_job + sum(max(per_job - seconds, 0.0) for _, seconds in running)
        return work / slots
