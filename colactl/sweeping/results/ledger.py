"""What became of a sweep's jobs, read back from their folders."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colactl.errors import ConfigError, first_line
from colactl.runs.files import read_json, write_json, write_text
from colactl.runs.run import Run
from colactl.runs.state import State
from colactl.sweeping.names import is_sweep
from colactl.sweeping.results.compare import Group, Row, degenerate, groups
from colactl.sweeping.sweep import PLOTS, RESULTS, TABLE, TRIALS, Sweep

FIGURES = ("mcc", "accuracy", "f1", "loss", "seconds")  # of result.json, those that compare jobs at a glance
ENDS = ("exit_code", "signal", "error", "folder")


@dataclass(frozen=True)
class Results:
    """Jobs and how they compare.

    Attributes:
        folder: The sweep's, or the one that the runs were found in; absolute.
        jobs: A row a job: index, overrides, status, exit_code, signal, error, folder (absolute) and result.
        groups: Those that differ only in their seed, together.
    """

    folder: Path
    jobs: list[Row]
    groups: list[Group]

    @classmethod
    def of(cls, folder: Path, jobs: list[Row]) -> Results:
        """Compares jobs."""
        return cls(folder, jobs, groups(jobs))

    @property
    def is_sweep(self) -> bool:
        """Whether the jobs are those of one sweep."""
        return is_sweep(self.folder)

    def as_json(self) -> dict[str, Any]:
        """As in `--json` and `results.json`."""
        return {"folder": str(self.folder), "jobs": self.jobs, "groups": [group.as_json() for group in self.groups]}


def read(folder: Path) -> list[Row]:
    """The jobs of a sweep, in order.

    Args:
        folder: The sweep's.

    Returns:
        A row a job: index, overrides, status, exit_code, signal, error, folder (absolute) and result.

    Raises:
        ConfigError: The folder holds no sweep.
    """
    sweep = Sweep(folder)
    return [row(job.index, job.overrides, sweep.run(job)) for job in sweep.jobs()]


def row(index: int, overrides: list[str], run: Run) -> Row:
    """A job, as it is now."""
    begun = run.folder.exists()  # asked first, because most of a large sweep's jobs have not
    state = run.state if begun else State()
    return {
        "index": index,
        "overrides": overrides,
        "status": run.status if begun else "pending",
        "exit_code": run.exit_code if begun else None,
        "signal": state.signal,
        "error": state.error,
        "folder": str(run.folder),
        "result": run.result if begun else None,
    }


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
        self._jobs = {job.index: (job.index, job.overrides, self._sweep.run(job)) for job in self._sweep.jobs()}
        self._total = len(self._jobs) + slots
        self._done: dict[int, Row] = {}

    def __call__(self) -> list[Row]:
        """As `read`; what is not planned yet is pending, without a number of its own."""
        for index in self._sweep.trials():
            if index not in self._jobs:
                job = self._sweep.job(index)
                self._jobs[index] = (index, job.overrides, self._sweep.run(job))
        rows = [self._done.get(index) or row(*job) for index, job in self._jobs.items()]  # a failed one may run again
        self._done = {each["index"]: each for each in rows if each["status"] == "done" and each["result"]}
        nowhere = Run(self._sweep.folder / TRIALS / "none")
        return rows + [row(-1, [], nowhere)] * (self._total - len(rows))


def written(results: Results) -> bool:
    """Whether the sweep's folder says so already: a sweep may be killed after its last job."""
    try:
        return read_json(results.folder / RESULTS) == results.as_json()
    except ConfigError:  # not ours, or broken
        return False


def write(results: Results) -> str | None:
    """Writes `results.json`, `results.csv` and `plots/` into the sweep's folder.

    Returns:
        Why something could not be written, if so, for the user: without plots the results are there all the same.
    """
    trouble = None
    try:
        from colactl.sweeping.results.plots import draw

        draw(results.folder / PLOTS, results.jobs, results.groups)
    except Exception as error:  # whatever a library says about a picture, the figures matter more
        trouble = f"The plots could not be drawn: {first_line(error)}"
    try:
        write_text(results.folder / TABLE, as_csv(results.jobs))
        write_json(results.folder / RESULTS, results.as_json())  # last: see `written`
    except OSError as error:  # how the jobs ended is in their folders, and matters more
        return f"The results could not be written: {error}"
    return trouble


def leave(folder: Path, tell: Callable[[str], None]) -> Results:
    """Reads what became of a sweep, and writes it into its folder unless it is there.

    Args:
        folder: The sweep's.
        tell: Is given a sentence where something cannot be written.
    """
    results = Results.of(folder, read(folder))
    if not written(results) and (trouble := write(results)):
        tell(trouble)
    return results


def as_csv(jobs: list[Row]) -> str:
    """The jobs as CSV: index, a column for each swept parameter, status, figures and how the job ended."""
    from colactl.sweeping.results.parameters import swept

    parameters = swept(jobs)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["index", *parameters, "status", *FIGURES, "degenerate", *ENDS])
    for job, *values in zip(jobs, *parameters.values(), strict=True):
        result = job["result"] or {}
        figures = [result.get(figure) for figure in FIGURES]
        marked = degenerate(job) if job["result"] else None
        rows.writerow([job["index"], *values, job["status"], *figures, marked, *(job[end] for end in ENDS)])
    return text.getvalue()
