"""What became of a sweep, told at its end and at any later time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from colactl.cli.output import Output

if TYPE_CHECKING:
    from colactl.sweeping.results import Results
    from colactl.sweeping.sweep import Sweep

MOST_SHOWN = 50  # jobs; drawing thousands takes seconds, and nobody reads them on a screen


def write(folder: Path, output: Output) -> None:
    """Leaves what became of a sweep in its folder."""
    from colactl.sweeping import results

    if trouble := results.write(results.Results.of(folder, results.read(folder))):
        output.talk(trouble)


def conclude(folder: Path, output: Output) -> Results:
    """Shows what became of a sweep."""
    from colactl.cli.sweep_table import tables
    from colactl.sweeping import results
    from colactl.sweeping.compare import best_first

    found = results.Results.of(folder, results.read(folder))
    for part in tables(found, best_first(found.jobs), MOST_SHOWN):
        output.talk(part)
    return found


def raise_for_failures(rows: list[dict[str, Any]], sweep: Sweep) -> None:
    """Tells of jobs that did not end well.

    Raises:
        SweepError: There are some.
    """
    from colactl.errors import SweepError
    from colactl.sweeping.sweep import LAUNCHER_LOG

    failed = [job for job in rows if job["status"] != "done"]
    if failed:
        log = sweep.folder / LAUNCHER_LOG
        logs = [log] if log.exists() and log.stat().st_size else [f"{job['folder']}/train.log" for job in failed[:3]]
        where = "\n".join(f"  {log}" for log in logs)
        raise SweepError(f"{len(failed)} of {len(rows)} jobs did not end well.", f"See why in\n{where}")
