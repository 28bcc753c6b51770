"""A sweep while it runs, on stderr: a table for a person, a line for each job that ends in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING

from colactl.cli.output import Output, console, is_terminal
from colactl.sweeping.results.compare import MCC, Objective, shared
from colactl.sweeping.results.progress import Progress, Tracker

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live as Screen

    from colactl.sweeping.results.rows import Row

EVERY = 1.0  # seconds from one look to the next
SHARE = 0.1  # of the time that may be spent with reading, in a sweep of very many jobs
PATIENCE = 10.0  # seconds that the last look may take
MOST_SHOWN = 20  # running jobs that the table names


class Live:
    """Shows a sweep from its rows, in a thread of its own, until the `with` block ends. It never raises.

    Args:
        output: Whether to keep silent.
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
            with suppress(Exception):  # a sweep does not need to be seen
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

    def talk(self, what: RenderableType) -> None:
        """Says something above the table."""
        if self._screen is not None:
            self._screen.console.print(what)
        else:
            self._output.talk(what)

    def _watch(self) -> None:
        last = False
        while not last:
            last = self._over.is_set()  # looked at before the rows: what ended before it is told
            began = time.monotonic()
            with suppress(Exception):  # a file that is just being replaced, a terminal that went away: the next look
                self._show(self._read())
            self._over.wait(max(EVERY, (time.monotonic() - began) / SHARE))

    def _show(self, rows: list[Row]) -> None:
        now = self._track(rows)
        if self._screen is not None:
            self._screen.update(_drawn(now, self._objective, shared(rows)), refresh=True)
        ended = now.done + now.failed
        if self._screen is None and self._ended not in (None, ended):
            self._output.talk(summary(now, self._objective))
        self._ended = ended


def summary(now: Progress, objective: Objective = MCC) -> str:
    """How far a sweep is, in a line."""
    parts = [f"{now.done} of {now.jobs} done"]
    parts += [f"{now.failed} failed"] if now.failed else []
    if now.best is not None:
        parts.append(f"best {objective.name} {objective.shown(objective.of(now.best))} (job {now.best.index})")
    return ", ".join(parts)


def _drawn(now: Progress, objective: Objective, common: set[str]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    counts = f"{summary(now, objective)}, {len(now.running)} running, {now.pending} pending"
    left = "" if now.seconds_left is None else f", {_clock(now.seconds_left)} left"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("job", "running for", "overrides"):
        table.add_column(name, overflow="fold")
    for row, seconds in now.running[:MOST_SHOWN]:
        own = " ".join(text for text in row.overrides if text not in common)
        table.add_row(str(row.index), _clock(seconds), own)
    if len(now.running) > MOST_SHOWN:
        table.add_row("...", "", f"and {len(now.running) - MOST_SHOWN} more")
    return Group(counts + left, table) if now.running else counts + left


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _screen() -> Screen | None:
    """A part of the terminal that is drawn again and again and gone at the end; None where that cannot be."""
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
