"""A person's terminal, for tests of what only a person is shown: behind stderr, or around a whole process."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from colactl.cli.app import app
from tests.conftest import ROOT

LINES = 40  # of a terminal
ARRIVES = 0.05  # seconds in which the system hands on what was written
LONGEST = 0.5  # seconds to read from what never ceases to write


class Terminal:
    """A terminal behind stderr; set within a test, because pytest sets its own stderr when one begins."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.main, side = pty.openpty()
        self.side = os.fdopen(side, "w")
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setattr(sys, "stderr", self.side)

    def shown(self) -> str:
        """What was written since, without escape sequences."""
        self.side.flush()
        written = bytearray()
        enough = time.monotonic() + LONGEST
        while time.monotonic() < enough and select.select([self.main], [], [], ARRIVES)[0]:
            written += os.read(self.main, 65536)
        return plain(bytes(written))

    def close(self) -> None:
        self.side.close()
        os.close(self.main)


def on_terminal(*arguments: str | Path, columns: int = 120, **environment: str) -> tuple[int, bytes]:
    """Runs the command line as a person at a terminal does; what NO_COLOR says to others is forgotten.

    Args:
        arguments: What is typed.
        columns: How wide the terminal is.
        environment: What else is in the environment.

    Returns:
        The exit code, and all that was shown, with its escape sequences.
    """
    inherited = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "colactl", *map(str, arguments)],
        stdin=side,
        stdout=side,
        stderr=side,
        env={**inherited, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **environment},
    ) as process:
        os.close(side)
        shown = b"".join(_read_on(main))
    os.close(main)
    return process.returncode, shown


def _read_on(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux's end of file on a pseudo-terminal
            return
        if not chunk:
            return
        yield chunk


def plain(shown: bytes) -> str:
    """What is read, without its escape sequences."""
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.decode()).replace("\r\n", "\n")


def invoke(*words: str | Path, stdin: str | bytes = "") -> Result:
    """Runs the command line in this process, with nobody at a terminal."""
    return CliRunner().invoke(app, list(map(str, words)), input=stdin)


def refused(*words: str | Path, code: int = 2) -> str:
    """Runs a command that ends with that exit code, writes nothing to stdout and makes no file; gives its stderr."""
    before = sorted(Path().iterdir())
    done = invoke(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert sorted(Path().iterdir()) == before
    return done.stderr
