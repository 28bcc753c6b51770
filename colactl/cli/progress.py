"""What a person sees while a command works: the bar of one that streams, and a line where there is nothing to count."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from colactl.cli.output import Output, console, is_terminal

Add = Callable[[int], None]


class Source(Protocol):
    """What is read."""

    size: int | None  # bytes; that of a pipe is not known

    @property
    def position(self) -> int:
        """Bytes read so far."""
        raise NotImplementedError


@contextmanager
def progress(output: Output, source: Source | None, data_on_stdout: bool) -> Iterator[Add]:
    """Gives a function that counts sentences that are done, and shows a bar on stderr if a person looks at it.

    Args:
        output: Whether to keep silent.
        source: What is read; None where there is little to wait for.
        data_on_stdout: Whether the command's data goes to stdout; on a terminal the two would run into each other.
    """
    if output.quiet or source is None or not is_terminal(sys.stderr) or (data_on_stdout and is_terminal(sys.stdout)):
        yield lambda _: None
    else:
        with _bar(source) as add:
            yield add


@contextmanager
def working(output: Output, what: str) -> Iterator[None]:
    """Says what takes its time, in a line on stderr that is gone afterwards; only where a person looks at it."""
    terminal = None if output.quiet or not is_terminal(sys.stderr) else console(sys.stderr)
    if terminal is None or terminal.is_dumb_terminal:
        yield
    else:
        with terminal.status(what):
            yield


@contextmanager
def _bar(source: Source) -> Iterator[Add]:
    from rich import progress as rich

    text = rich.TextColumn("{task.fields[done]:,} sentences")
    columns = (rich.BarColumn(), rich.TaskProgressColumn(), text, rich.TimeElapsedColumn(), rich.TimeRemainingColumn())
    with rich.Progress(*columns, console=console(sys.stderr)) as bar:
        task = bar.add_task("", total=source.size, done=0)
        done = 0

        def add(sentences: int) -> None:
            nonlocal done
            done += sentences
            bar.update(task, completed=source.position, done=done)

        yield add
