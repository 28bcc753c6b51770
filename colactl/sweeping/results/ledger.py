"""What became of a sweep's jobs, read back from their folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colactl.errors import ConfigError
from colactl.runs.run import Run
from colactl.runs.state import State
from colactl.sweeping.names import is_sweep
from colactl.sweeping.objective import MCC, Objective
from colactl.sweeping.results.compare import Group, Row, best, groups
from colactl.sweeping.sweep import TRIALS, Sweep


@dataclass(frozen=True)
class Results:
    """Jobs and how they compare.

    Attributes:
        folder: The sweep's, or the one that the runs were found in; absolute.
        jobs: A row a job: index, overrides, status, exit_code, signal, error, folder (absolute) and result.
        groups: Those that differ only in their seed, together.
        objective: What is best, and what the groups' figures are of: a search's own, or the MCC.
    """

    folder: Path
    jobs: list[Row]
    groups: list[Group]
    objective: Objective = MCC

    @classmethod
    def of(cls, folder: Path, jobs: list[Row], objective: Objective = MCC) -> Results:
        """Compares jobs."""
        return cls(folder, jobs, groups(jobs, objective), objective)

    @property
    def is_sweep(self) -> bool:
        """Whether the jobs are those of one sweep."""
        return is_sweep(self.folder)

    def as_json(self) -> dict[str, Any]:
        """As in `--json` and `results.json`; of a search also what it was for, and which job is best."""
        found = {"folder": str(self.folder), "jobs": self.jobs, "groups": [group.as_json() for group in self.groups]}
        if not Sweep(self.folder).searches:
            return found
        top = best(self.jobs, self.objective)
        told = {"objective": self.objective.figure, "direction": self.objective.direction}
        return found | told | {"best": None if top is None else top["index"]}


def results_of(folder: Path) -> Results:
    """What has become of a sweep so far.

    Args:
        folder: The sweep's.

    Raises:
        ConfigError: The folder holds no sweep.
    """
    return Results.of(folder, read(folder), objective_of(folder))


def objective_of(folder: Path) -> Objective:
    """What a sweep's jobs compare by."""
    if not Sweep(folder).searches:
        return MCC
    from colactl.sweeping.search.frozen import Search

    return Objective(Search.read(folder).options.objective)


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
    """A job, as it is now; one whose result was damaged has failed, and its error says so."""
    begun = run.folder.exists()  # asked first, because most of a large sweep's jobs have not
    state = run.state if begun else State()
    status, code = (run.status, run.exit_code) if begun else ("pending", None)
    try:
        result = run.result if begun else None
    except ConfigError as error:
        status, code, state, result = "failed", None, State(error=run.damage(error)), None
    return {
        "index": index,
        "overrides": overrides,
        "status": status,
        "exit_code": code,
        "signal": state.signal,
        "error": state.error,
        "folder": str(run.folder),
        "result": result,
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
