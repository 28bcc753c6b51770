"""Runs found below any folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from colactl.errors import ConfigError
from colactl.runs.run import PROVENANCE, RESULT, Run
from colactl.runs.state import STATUS, read_state
from colactl.sweeping.names import PLANNED, SWEEP, is_sweep
from colactl.sweeping.results.compare import Row
from colactl.sweeping.results.ledger import Results, read, results_of, row


def find(folder: Path) -> Results:
    """The jobs of a sweep, or, of any other folder, every run that is in it or below it.

    Args:
        folder: A sweep's or any other.

    Returns:
        The rows: a sweep's in its order, others sorted by path and numbered from 0.

    Raises:
        ConfigError: There is no run.
    """
    folder = folder.expanduser().absolute()
    if is_sweep(folder):
        return results_of(folder)
    rows = sorted(_below(folder), key=lambda found: Path(found["folder"]))
    if not rows:
        what = "holds no run" if folder.is_dir() else "is no folder"
        raise ConfigError(f"{folder} {what}.", "Give the folder that colactl sweep or colactl train printed.")
    return Results.of(folder, [found | {"index": index} for index, found in enumerate(rows)])


def _below(folder: Path) -> Iterator[Row]:
    """The runs below a folder; of a sweep in it, all jobs as the sweep knows them."""
    known: set[str] = set()
    for path, folders, files in os.walk(folder):
        if path in known:
            folders.clear()
        elif STATUS in files or RESULT in files:
            folders.clear()  # nothing in a run is another
            yield from _run(Run(Path(path)))
        elif SWEEP in files and PLANNED in files:
            jobs = read(Path(path))
            known |= {job["folder"] for job in jobs}
            yield from jobs


def _run(run: Run) -> Iterator[Row]:
    """The run, unless the files of these names are another program's; a damaged one is told of in its row."""
    if not any((run.folder / name).exists() for name in (".hydra", PROVENANCE)) and _damaged(run):
        return
    try:
        yield row(0, list(run.overrides), run)
    except ConfigError as error:
        found = row(0, [], run)
        yield found | {"error": " ".join(filter(None, [found["error"], run.damage(error)]))}


def _damaged(run: Run) -> bool:
    try:
        read_state(run.folder), run.result
    except ConfigError:
        return True
    return False
