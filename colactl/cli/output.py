"""stdout is for data, stderr is for messages: every command writes through here."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from colactl.cli.typer_port import disable_colour
from colactl.errors import TrainingError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.syntax import Syntax
    from rich.table import Table

PLAIN_WIDTH = 160  # columns where there is no terminal: wide enough not to break a folder's path
WIDEST = 500  # columns that the environment may ask for: every line of the help is filled up to them
THEME = "ansi_dark"  # the terminal's own colours, readable on any background


class Output:
    """Where a command writes.

    Args:
        quiet: Whether nothing but errors is written to stderr.
        as_json: Whether the data on stdout is JSON.
    """

    def __init__(self, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json
        self.muted = False

    def mute(self, muted: bool) -> None:
        """Writes nothing at all from here on, where another process of the same run does."""
        self.muted = muted
        self.quiet = self.quiet or muted

    def data(self, text: str) -> None:
        """Writes data to stdout, with a newline at its end."""
        if self.muted or sys.stdout is None:  # the caller closed it
            return
        with writing_stdout() as file:
            file.write(_as_bytes(text if text.endswith("\n") else f"{text}\n"))
            file.flush()

    def json(self, value: Any) -> None:
        """Writes a value to stdout as JSON; what JSON has no form for, such as YAML's bytes, as a text."""
        text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
        self.data(text.encode(errors="backslashreplace").decode())  # a name that is not Unicode, as JSON has it

    def yaml(self, text: str) -> None:
        """Writes YAML to stdout: highlighted on a terminal, byte for byte in a pipe."""
        if self.stdout_is_terminal():
            self.show(_highlighted(text))
        else:
            self.data(text)

    def stdout_is_terminal(self) -> bool:
        """Whether a person reads stdout."""
        return is_terminal(sys.stdout)

    def show(self, drawing: RenderableType) -> None:
        """Draws on stdout, which is a terminal."""
        with writing_stdout():
            console(sys.stdout).print(drawing)

    def text(self, *parts: RenderableType) -> None:
        """Writes tables and the like to stdout, an empty line between two: drawn on a terminal, plain in a pipe."""
        from rich.console import Group

        lines = Group(*[line for part in parts for line in ("", part)][1:])
        if self.stdout_is_terminal():
            self.show(lines)
        else:
            plain = io.StringIO()
            console(plain).print(lines)
            self.data("\n".join(line.rstrip() for line in plain.getvalue().splitlines()))

    def talk(self, message: RenderableType) -> None:
        """Writes to stderr, for the person at the terminal."""
        if not self.quiet and sys.stderr is not None:  # Rich would take a closed one for stdout
            with suppress(OSError):  # the reader has gone, and the work goes on
                console(sys.stderr).print(message)

    def talk_config(self, yaml: str) -> None:
        """Shows the config of a run on stderr."""
        if not self.quiet:
            from rich.panel import Panel

            self.talk(Panel(_highlighted(yaml), title="config", title_align="left", border_style="dim"))

    @contextmanager
    def waiting(self, message: str) -> Iterator[None]:
        """Shows a line on stderr that is gone afterwards, if a person is there to see it."""
        terminal = None if self.quiet or not is_terminal(sys.stderr) else console(sys.stderr)
        if terminal is None or terminal.is_dumb_terminal:
            yield
        else:
            with terminal.status(message):
                yield


def plain_table(*columns: str, text_columns: tuple[str, ...] = (), narrowest: int | None = None) -> Table:
    """A table without lines, which reads alike on a terminal and in a pipe.

    Args:
        columns: Their headings.
        text_columns: Those of them that hold text, at the left; the others hold numbers, at the right.
        narrowest: Columns of the screen that a number must have, so that it is not broken in two.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        if column in text_columns:
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column, justify="right", overflow="fold", min_width=narrowest)
    return table


def _highlighted(yaml: str) -> Syntax:
    from rich.syntax import Syntax

    return Syntax(yaml.rstrip("\n"), "yaml", theme=THEME, background_color="default", word_wrap=True)


def _as_bytes(text: str) -> bytes:
    """UTF-8, except for the bytes of a file's name that are not: they stay as they are."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a character, which YAML can name
        return text.encode(errors="backslashreplace")


@contextmanager
def writing_stdout() -> Iterator[IO[bytes]]:
    """Gives stdout for bytes, whatever the terminal's encoding.

    Raises:
        TrainingError: It cannot be written, as on a full disk. A closed pipe stays a BrokenPipeError.
    """
    try:
        if sys.stdout is None:
            with Path(os.devnull).open("wb") as nowhere:
                yield nowhere
        else:
            yield sys.stdout.buffer
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        raise TrainingError(f"stdout cannot be written: {error.strerror or error}.") from error


def drop_stdout() -> None:
    """Points stdout at nothing, or Python would fail again when it flushes at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console(stream: IO[str]) -> Console:
    """A Rich console that writes no escape byte unless the stream is a terminal, whatever the environment says."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise  # what Rich caught: Rich itself would close stdout and exit, even if it was stderr that broke

    literal = partial(Ours, file=stream, highlight=False, markup=False, emoji=False)  # a=[b,c] is no markup
    if is_terminal(stream):
        return literal()
    return literal(force_terminal=False, color_system=None, width=PLAIN_WIDTH)


def set_up_streams() -> None:
    """Keeps Typer's help and errors plain in a pipe, and replaces letters that the encoding lacks.

    The variables of CI systems would make Typer colour a pipe, and COLUMNS fill it.
    """
    try:
        os.environ["COLUMNS"] = str(min(int(os.environ.get("COLUMNS", "")), WIDEST))
    except ValueError:  # not set, or not a number: Rich fails on some of those
        os.environ.pop("COLUMNS", None)
    if not (is_terminal(sys.stdout) and is_terminal(sys.stderr)):
        disable_colour()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person is at the other end; not where the caller closed it."""
    return stream is not None and hasattr(stream, "isatty") and not stream.closed and stream.isatty()
