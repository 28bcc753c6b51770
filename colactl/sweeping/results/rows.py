"""What became of each job of a sweep, or of each run below a folder, read back as a row."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from colactl.errors import ConfigError
from colactl.runs.files import is_damaged
from colactl.runs.run import HYDRA, PROVENANCE, RESULT, STATUS, Run, State
from colactl.sweeping.folder import Sweep
from colactl.sweeping.names import PLANNED, SWEEP, is_sweep

ONLY_RUNS = "Of this sweep only the runs that have begun are shown, and numbered anew."


@dataclass(frozen=True)
class Row:
    """A job, as it was when its folder was read.

    Attributes:
        index: Its place in the sweep; -1 for a trial of a search that is not planned yet.
        overrides: Those that its config was composed with.
        status: One of pending, running, done, failed and interrupted.
        exit_code: What its process exited with; None while it has not, or where a signal ended it.
        signal: The number of the signal that ended it.
        error: The sentence that says why it failed.
        folder: Its run's folder, absolute.
        result: What is in its result.json; None until it is done.
    """

    index: int
    overrides: list[str] = field(default_factory=list)
    status: str = "pending"
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    folder: str = ""
    result: dict[str, Any] | None = None

    def value(self, name: str) -> Any:
        """One value of the result; None where it has none of that name."""
        return (self.result or {}).get(name)

    @property
    def degenerate(self) -> bool:
        """Whether its model gave every sentence the same answer."""
        return bool(self.value("degenerate"))

    def __getitem__(self, name: str) -> Any:
        """The attribute of that name: up to 0.1.0 a row was a dictionary, and notebooks index it."""
        return getattr(self, name)


def read_row(index: int, overrides: list[str], run: Run) -> Row:
    """A job as it is now; one with a damaged result has failed, and its error says so."""
    if not run.folder.exists():  # most jobs of a large sweep have not begun: one look is enough
        return Row(index, overrides, folder=str(run.folder))
    state = run.state
    status, code, result = run.status, run.exit_code, None
    try:
        result = run.result
    except ConfigError as error:
        status, code, state = "failed", None, State(error=run.damage(error))
    return Row(index, overrides, status, code, state.signal, state.error, str(run.folder), result)


def read_rows(folder: Path) -> list[Row]:
    """The jobs of a sweep, in order.

    Args:
        folder: The sweep's.

    Raises:
        ConfigError: The folder holds no sweep.
    """
    sweep = Sweep(folder)
    return [read_row(job.index, job.overrides, sweep.run(job)) for job in sweep.jobs()]


def find_rows(folder: Path, warn: Callable[[str], None]) -> list[Row]:
    """Every run in a folder or below it, sorted by path and numbered from 0; of a sweep in it, every job.

    Args:
        folder: Any, absolute.
        warn: Is given a sentence about each sweep whose plan was lost or damaged; its runs are found all the same.
    """
    rows = sorted(_rows_below(folder, warn), key=lambda row: Path(row.folder))
    return [replace(row, index=index) for index, row in enumerate(rows)]


def _rows_below(folder: Path, warn: Callable[[str], None]) -> Iterator[Row]:
    known: set[str] = set()
    for path, folders, files in os.walk(folder):
        if path in known:
            folders.clear()
        elif STATUS in files or RESULT in files:
            folders.clear()  # nothing in a run is another
            yield from _row_of_run(Run(Path(path)))
        elif SWEEP in files and (rows := _rows_of_sweep(Path(path), warn)):
            known |= {row.folder for row in rows}
            yield from rows


def _rows_of_sweep(folder: Path, warn: Callable[[str], None]) -> list[Row]:
    """The jobs of what may be a sweep's folder; none where its plan cannot be read."""
    try:
        if is_sweep(folder):
            return read_rows(folder)
        _ = Sweep(folder).definition  # another program's sweep.yaml is not like ours
    except ConfigError as error:
        if is_sweep(folder):
            warn(f"{error.message} {ONLY_RUNS}")
        return []
    warn(f"{folder / SWEEP} is there and {PLANNED} is not. {ONLY_RUNS}")
    return []


def _row_of_run(run: Run) -> Iterator[Row]:
    """The run, unless its files are another program's; the row of a damaged one says what is wrong."""
    if not (run.folder / PROVENANCE).exists() and _is_foreign(run):
        return
    try:
        yield read_row(0, list(run.overrides), run)
    except ConfigError as error:
        row = read_row(0, [], run)
        yield replace(row, error=" ".join(filter(None, [row.error, run.damage(error)])))


def _is_foreign(run: Run) -> bool:
    """Whether its files say what none of ours says; one that is not even JSON may be ours where Hydra's are there."""
    beside_hydras = (run.folder / HYDRA).exists()
    try:
        State.read(run.folder)
    except ConfigError:
        return not beside_hydras or not is_damaged(run.folder / STATUS)
    return not beside_hydras and is_damaged(run.folder / RESULT)
