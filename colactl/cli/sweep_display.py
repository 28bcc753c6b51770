"""What is shown of a sweep on stderr: a table or lines while it runs, and at its end how the jobs ended."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from colactl.cli.output import Output, console, is_terminal, plain_table
from colactl.cli.runs import tables
from colactl.errors import SweepError
from colactl.runs.files import is_damaged
from colactl.runs.run import LOG, RESULT
from colactl.shell import joined, quoted, relative
from colactl.sweeping.folder import Sweep, resume_command
from colactl.sweeping.names import LAUNCHER_LOG
from colactl.sweeping.results.compare import MCC, Objective, shared
from colactl.sweeping.results.progress import Progress, Tracker

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live as Screen

    from colactl.sweeping.results.files import Results
    from colactl.sweeping.results.rows import Row

INTERVAL = 1.0  # seconds from one look to the next
READING_SHARE = 0.1  # of the time that reading may take, in a sweep of very many jobs
PATIENCE = 10.0  # seconds that the last look may take
MOST_RUNNING = 20  # running jobs that the table names
MOST_ENDED = 50  # jobs; drawing thousands takes seconds, and nobody reads them on a screen
MOST_LOGS = 3  # of jobs that failed


class Live:
    """Shows a sweep from its rows, in a thread of its own, until the `with` block ends. It never raises.

    Args:
        output: Whether it is quiet.
        read: Gives a row for each job as it is now, such as a `progress.Watcher`.
        slots: How many jobs may run at once, if that is known.
        objective: What is best.
    """

    def __init__(
        self,
        output: Output,
        read: Callable[[], list[Row]],
        slots: int | None = None,
        objective: Objective = MCC,
    ) -> None:
        self._output = output
        self._read = read
        self._objective = objective
        self._track = Tracker(slots, objective=objective)
        self._ended: int | None = None
        self._screen: Screen | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live table", daemon=True)

    def __enter__(self) -> Live:
        if not self._output.quiet and sys.stderr is not None:
            with suppress(Exception):  # the sweep runs on without a display
                self._screen = _screen()
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)
        if self._screen is not None:
            with suppress(Exception):
                self._screen.stop()

    def talk(self, message: RenderableType) -> None:
        """Writes a message above the table."""
        if self._screen is not None:
            self._screen.console.print(message)
        else:
            self._output.talk(message)

    def _watch(self) -> None:
        last = False
        while not last:
            last = self._over.is_set()  # read before the rows, so that the last look sees every job that ended
            began = time.monotonic()
            with suppress(Exception):  # a file that is being replaced, a terminal that has gone: the next look
                self._show(self._read())
            self._over.wait(max(INTERVAL, (time.monotonic() - began) / READING_SHARE))

    def _show(self, rows: list[Row]) -> None:
        now = self._track(rows)
        if self._screen is not None:
            self._screen.update(_drawing(now, self._objective, shared(rows)), refresh=True)
        ended = now.done + now.failed
        if self._screen is None and self._ended not in (None, ended):
            self._output.talk(_summary(now, self._objective))
        self._ended = ended


def _screen() -> Screen | None:
    """A part of the terminal that is drawn again and again and gone at the end; None where that is not possible."""
    if not is_terminal(sys.stderr):
        return None
    from rich.live import Live as Screen

    terminal = console(sys.stderr)
    if terminal.is_dumb_terminal:
        return None
    # Redirected, stdout would go where stderr does, and what is written there is data.
    screen = Screen(console=terminal, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    screen.start()
    return screen


def _summary(now: Progress, objective: Objective) -> str:
    """How far a sweep is, in a line."""
    parts = [f"{now.done} of {now.jobs} done"]
    parts += [f"{now.failed} failed"] if now.failed else []
    if now.best is not None:
        parts.append(f"best {objective.name} {objective.shown(objective.of(now.best))} (job {now.best.index})")
    return ", ".join(parts)


def _drawing(now: Progress, objective: Objective, common: set[str]) -> RenderableType:
    from rich.console import Group

    counts = f"{_summary(now, objective)}, {len(now.running)} running, {now.pending} pending"
    if now.seconds_left is not None:
        counts += f", {_clock(now.seconds_left)} left"
    if not now.running:
        return counts
    names = ("job", "running for", "overrides")
    table = plain_table(*names, text_columns=names)
    for row, seconds in now.running[:MOST_RUNNING]:
        own = " ".join(text for text in row.overrides if text not in common)
        table.add_row(str(row.index), _clock(seconds), own)
    if len(now.running) > MOST_RUNNING:
        table.add_row("...", "", f"and {len(now.running) - MOST_RUNNING} more")
    return Group(counts, table)


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def show_end(results: Results, output: Output) -> None:
    """Shows how a sweep's jobs ended, the best first."""
    for part in tables(results, best_first=True, limit=MOST_ENDED):
        output.talk(part)


def raise_for_failures(rows: list[Row], sweep: Sweep) -> None:
    """Reports the jobs that did not end well.

    Raises:
        SweepError: There are some.
    """
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
    message = f"{len(ended)} of {len(rows)} jobs did not end well"
    message += f", {pending} of them not having begun." if pending else "."
    message += f" {elsewhere}" if len(ended) < len(left) else ""
    damaged = [file for job in ended if is_damaged(file := Path(job.folder, RESULT))]
    hints = [_logs(ended, damaged, sweep)]
    if not sweep.searches:  # a failed trial stays one
        if damaged:  # nothing is overwritten unasked
            files = joined([relative(file) for file in damaged[:MOST_LOGS]])
            hints.append(f"A damaged result is left as it is; to make it again from the last checkpoint: rm {files}")
        hints.append(f"Then go on with: {again}")
    raise SweepError(message, "\n".join(filter(None, hints)))


def _logs(ended: list[Row], damaged: list[Path], sweep: Sweep) -> str:
    """The logs that say why jobs failed; that of a job with a damaged result does not."""
    folders = [Path(job.folder) for job in ended if job.status != "pending"]
    logs = [log for folder in folders if folder / RESULT not in damaged and (log := folder / LOG).exists()]
    logs = logs[:MOST_LOGS] or ([] if damaged else [sweep.folder / LAUNCHER_LOG])
    return "\n".join(["See why in", *(f"  {log}" for log in logs)]) if logs else ""
