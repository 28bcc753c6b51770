"""Runs found below any folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from colactl.errors import ConfigError
from colactl.runs.files import is_damaged
from colactl.runs.run import PROVENANCE, RESULT, Run
from colactl.runs.state import STATUS, read_state
from colactl.sweeping.names import PLANNED, SWEEP, is_sweep
from colactl.sweeping.results.compare import Row
from colactl.sweeping.results.ledger import Results, read, results_of, row
from colactl.sweeping.sweep import Sweep

ONLY_RUNS = "Of this sweep only the runs that have begun are shown, and numbered anew."


def find(folder: Path, tell: Callable[[str], None]) -> Results:
    """The jobs of a sweep, or, of any other folder, every run that is in it or below it.

    Args:
        folder: A sweep's or any other.
        tell: Is given a sentence about each sweep whose plan was lost or damaged: its runs are there, but no more is
            known of it.

    Returns:
        The rows: a sweep's in its order, others sorted by path and numbered from 0.

    Raises:
        ConfigError: There is no run.
    """
    folder = folder.expanduser().absolute()
    if is_sweep(folder):
        return results_of(folder)
    rows = sorted(_below(folder, tell), key=lambda found: Path(found["folder"]))
    if not rows:
        what = "holds no run" if folder.is_dir() else "is no folder"
        raise ConfigError(f"{folder} {what}.", "Give the folder that colactl sweep or colactl train printed.")
    return Results.of(folder, [found | {"index": index} for index, found in enumerate(rows)])


def _below(folder: Path, tell: Callable[[str], None]) -> Iterator[Row]:
    """The runs below a folder; of a sweep in it, all jobs as the sweep knows them."""
    known: set[str] = set()
    for path, folders, files in os.walk(folder):
        if path in known:
            folders.clear()
        elif STATUS in files or RESULT in files:
            folders.clear()  # nothing in a run is another
            yield from _run(Run(Path(path)))
        elif SWEEP in files and (jobs := _planned(Path(path), tell)):
            known |= {job["folder"] for job in jobs}
            yield from jobs


def _planned(folder: Path, tell: Callable[[str], None]) -> list[Row]:
    """The jobs of what may be a sweep's folder; none where what was planned is not to be had."""
    try:
        if is_sweep(folder):
            return read(folder)
        _ = Sweep(folder).definition  # another program's sweep.yaml is not like ours
    except ConfigError as error:
        if is_sweep(folder):
            tell(f"{error.message} {ONLY_RUNS}")
        return []
    tell(f"{folder / SWEEP} is there and {PLANNED} is not. {ONLY_RUNS}")
    return []


def _run(run: Run) -> Iterator[Row]:
    """The run, unless the files of these names are another program's; a damaged one is told of in its row."""
    if not (run.folder / PROVENANCE).exists() and _foreign(run):
        return
    try:
        yield row(0, list(run.overrides), run)
    except ConfigError as error:
        found = row(0, [], run)
        yield found | {"error": " ".join(filter(None, [found["error"], run.damage(error)]))}


def _foreign(run: Run) -> bool:
    """Whether its files say what none of ours says; one that is not even JSON may be ours where Hydra's are there."""
    beside_hydras = (run.folder / ".hydra").exists()
    try:
        read_state(run.folder)
    except ConfigError:
        return not beside_hydras or not is_damaged(run.folder / STATUS)
    return not beside_hydras and is_damaged(run.folder / RESULT)
