"""What became of a sweep, told at its end and at any later time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from colactl.cli.output import Output
from colactl.shell import joined, quoted

if TYPE_CHECKING:
    from colactl.sweeping.results.files import Results
    from colactl.sweeping.results.rows import Row
    from colactl.sweeping.sweep import Sweep

MOST_LOGS = 3  # of jobs that failed
MOST_SHOWN = 50  # jobs; drawing thousands takes seconds, and nobody reads them on a screen


def conclude(found: Results, output: Output) -> None:
    """Shows what became of a sweep."""
    from colactl.cli.sweep_table import tables
    from colactl.sweeping.results.compare import best_first

    for part in tables(found, best_first(found.jobs, found.objective), MOST_SHOWN):
        output.talk(part)


def raise_for_failures(rows: list[Row], sweep: Sweep) -> None:
    """Tells of jobs that did not end well.

    Raises:
        SweepError: There are some.
    """
    from colactl.errors import SweepError
    from colactl.runs.files import is_damaged
    from colactl.runs.run import RESULT
    from colactl.shell import relative
    from colactl.sweeping.resume import resume_command

    left = [job for job in rows if job.status != "done"]
    ended = [job for job in left if job.status != "running"]
    if not left:
        return
    again = resume_command(sweep.folder)
    elsewhere = f"Still running elsewhere: {len(left) - len(ended)} of {len(rows)} jobs."
    if not ended:
        watch = f"See how far with: colactl runs {quoted(relative(sweep.folder))}"
        raise SweepError(elsewhere, f"{watch}\nOnce they have ended, type: {again}")
    pending = sum(job.status == "pending" for job in ended)
    told = f"{len(ended)} of {len(rows)} jobs did not end well"
    told += f", {pending} of them not having begun." if pending else "."
    told += f" {elsewhere}" if len(ended) < len(left) else ""
    damaged = [file for job in ended if is_damaged(file := Path(job.folder, RESULT))]
    hint = [_see(ended, damaged, sweep)]
    hint += [] if sweep.searches else [_take_away(damaged), f"Then go on with: {again}"]  # a failed trial stays one
    raise SweepError(told, "\n".join(filter(None, hint)))


def _see(ended: list[Row], damaged: list[Path], sweep: Sweep) -> str:
    """Which logs say why; that of a job with a damaged result knows nothing of it."""
    from colactl.runs.run import LOG, RESULT
    from colactl.sweeping.sweep import LAUNCHER_LOG

    begun = [Path(job.folder) for job in ended if job.status != "pending"]
    logs = [log for folder in begun if folder / RESULT not in damaged and (log := folder / LOG).exists()]
    logs = logs[:MOST_LOGS] or ([] if damaged else [sweep.folder / LAUNCHER_LOG])
    return "\n".join(["See why in", *(f"  {log}" for log in logs)]) if logs else ""


def _take_away(damaged: list[Path]) -> str:
    """What to do about results that cannot be read; nothing is overwritten unasked."""
    from colactl.shell import relative

    if not damaged:
        return ""
    files = joined([relative(file) for file in damaged[:MOST_LOGS]])
    return f"A result that is damaged is left as it is; to have it made again from the last checkpoint: rm {files}"
