"""How far a running sweep is, from its jobs' rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from colactl.sweeping.objective import MCC, Objective
from colactl.sweeping.results.compare import Row, best

ENDED = ("done", "failed", "interrupted")


@dataclass(frozen=True)
class Progress:
    """A sweep at one moment.

    Attributes:
        jobs: How many there are.
        done: How many have their result, those of an earlier sitting included.
        failed: How many have failed, or were killed, in this one.
        pending: How many are still to start, those that an earlier sitting left undone included.
        running: Those at work, each with the seconds since it was first seen so.
        best: The best job by the objective.
        seconds_left: Until all is done; None where nothing tells yet.
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
        slots: How many jobs may run at once; None takes the most that were seen to.
        clock: Seconds from any moment on.
        objective: What is best.
    """

    def __init__(
        self, slots: int | None = None, clock: Callable[[], float] = time.monotonic, objective: Objective = MCC
    ) -> None:
        self._slots = slots
        self._objective = objective
        self._most = 1
        self._clock = clock
        self._began: float | None = None
        self._done_before = 0
        self._left_over: dict[int, Row] = {}  # what an earlier sitting left undone, until it changes
        self._seen_running: dict[int, float] = {}

    def __call__(self, rows: Sequence[Row]) -> Progress:
        """What the rows of all jobs, as they are now, come to."""
        now = self._clock()
        if self._began is None:
            self._began = now
            self._done_before = sum(row["status"] == "done" for row in rows)
            self._left_over = {row["index"]: row for row in rows if row["status"] in ("failed", "interrupted")}
        self._left_over = {row["index"]: row for row in rows if self._left_over.get(row["index"]) == row}
        at_work = [row for row in rows if row["status"] == "running"]
        self._seen_running = {row["index"]: self._seen_running.get(row["index"], now) for row in at_work}
        self._most = max(self._most, len(at_work))
        running = [(row, now - self._seen_running[row["index"]]) for row in at_work]
        ended = [row for row in rows if row["status"] in ENDED and row["index"] not in self._left_over]
        done = sum(row["status"] == "done" for row in ended)
        pending = len(rows) - len(ended) - len(running)
        here = len(ended) - self._done_before
        left = self._seconds_left(now - self._began, here, pending, running, ended)
        top = best(rows, self._objective)
        return Progress(len(rows), done, len(ended) - done, pending, running, top, left)

    def _seconds_left(
        self, elapsed: float, here: int, pending: int, running: list[tuple[Row, float]], ended: list[Row]
    ) -> float | None:
        """By how long the jobs that ended here held a slot, starting included; before that by earlier ones' figures."""
        slots = self._slots or self._most
        known = [seconds for row in ended if (seconds := (row["result"] or {}).get("seconds")) is not None]
        if here:
            each = max(elapsed * slots - sum(seconds for _, seconds in running), 0.0) / here
        elif known:
            each = statistics.fmean(known)
        else:
            return None
        work = pending * each + sum(max(each - seconds, 0.0) for _, seconds in running)
        return work / slots
