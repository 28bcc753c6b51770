"""stdout is data, stderr is talk: every command writes through here."""

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

PLAIN_WIDTH = 160  # columns where no terminal says its own: a folder's path should not be broken
WIDEST = 500  # columns that the environment may ask for: every line of the help is filled up to them


def _as_bytes(text: str) -> bytes:
    """UTF-8, but for the bytes of a file's name that are none, which stay what they are."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a character, which YAML can name
        return text.encode(errors="backslashreplace")


class Output:
    """What a command says, and where.

    Args:
        quiet: Whether to keep silent on stderr but for errors.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.muted = False

    def mute(self, muted: bool) -> None:
        """Says nothing at all from here on, where another process of the same run does the talking."""
        self.muted = muted
        self.quiet = self.quiet or muted

    def data(self, text: str) -> None:
        """Writes data to stdout, with a newline at its end."""
        if self.muted or sys.stdout is None:  # closed by the caller, who wants none of it
            return
        with writing_stdout() as file:
            file.write(_as_bytes(text if text.endswith("\n") else f"{text}\n"))
            file.flush()

    def json(self, value: Any) -> None:
        """Writes a value to stdout as JSON; what that has no form for, such as YAML's bytes, as a text."""
        text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
        self.data(text.encode(errors="backslashreplace").decode())  # a name that is no Unicode, as JSON has it

    def yaml(self, text: str) -> None:
        """Writes YAML to stdout: highlighted on a terminal, byte for byte in a pipe."""
        if is_terminal(sys.stdout):
            from colactl.cli.render import highlighted

            self.show(highlighted(text))
        else:
            self.data(text)

    def stdout_is_terminal(self) -> bool:
        """Whether a person reads stdout."""
        return is_terminal(sys.stdout)

    def show(self, what: RenderableType) -> None:
        """Draws something on stdout, which is a terminal."""
        with writing_stdout():
            console(sys.stdout).print(what)

    def text(self, *what: RenderableType) -> None:
        """Writes tables and the like to stdout, an empty line between two: drawn on a terminal, plain in a pipe."""
        from rich.console import Group

        parts = [part for one in what for part in ("", one)][1:]
        if is_terminal(sys.stdout):
            self.show(Group(*parts))
        else:
            plain = io.StringIO()
            console(plain).print(Group(*parts))
            self.data("\n".join(line.rstrip() for line in plain.getvalue().splitlines()))

    def talk(self, what: RenderableType) -> None:
        """Shows something to the person at the terminal, on stderr."""
        if not self.quiet and sys.stderr is not None:  # Rich would take a closed one for stdout
            with suppress(OSError):  # whoever read it went away, and the work goes on
                console(sys.stderr).print(what)


@contextmanager
def writing_stdout() -> Iterator[IO[bytes]]:
    """Gives stdout for data that is UTF-8 whatever the terminal's encoding.

    Raises:
        TrainingError: It cannot be written, as on a full disk; a reader that went away is the boundary's to see.
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
    """Points stdout at nothing, or Python would complain again when it flushes at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console(stream: IO[str]) -> Console:
    """A Rich console that writes no escape byte unless the stream is a terminal, whatever the environment says."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise  # what Rich caught: it would end the process, and stdout, though it be stderr that broke

    literal = partial(Ours, file=stream, highlight=False, markup=False, emoji=False)  # a=[b,c] is no markup
    if is_terminal(stream):
        return literal()
    return literal(force_terminal=False, color_system=None, width=PLAIN_WIDTH)


def settle_streams() -> None:
    """Keeps Typer's own help and errors plain in a pipe, and all text from failing where the encoding lacks a letter.

    CI's variables would make Typer colour a pipe, and COLUMNS fill it.
    """
    _bound_width()
    if not (is_terminal(sys.stdout) and is_terminal(sys.stderr)):
        disable_colour()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _bound_width() -> None:
    try:
        os.environ["COLUMNS"] = str(min(int(os.environ.get("COLUMNS", "")), WIDEST))
    except ValueError:  # not set, or no number, on some of which Rich would fail
        os.environ.pop("COLUMNS", None)


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person is at the other end; not where the caller closed it."""
    return stream is not None and hasattr(stream, "isatty") and not stream.closed and stream.isatty()
