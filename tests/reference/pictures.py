"""README's pictures: what commands really draw on a terminal, as SVG from Rich's own export."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.conftest import ROOT

WIDTH, HEIGHT = 110, 50  # columns, lines
PICTURES = {
    "groups": ["list-groups", "model=bert"],
    "origin": ["show-config", "--origin", "experiment=cola_bert", "seed=3", "--package", "training"],
    "errors": [
        *("train", "modle=bert", "model=brt", "training.max_epochs=abc", "max_epochs=3", "+training.max_epoch=1"),
    ],
    "diff": ["diff", "model=bert", "experiment=cola_bert training.max_epochs=5"],
}


def pictures() -> dict[str, str]:
    """The SVG of each picture, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        return {name: drawn(words, Path(folder)) for name, words in PICTURES.items()}


def drawn(words: list[str], folder: Path) -> str:
    """Runs a command on a terminal, and draws what came there."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    line = " ".join(["colactl", *(f"'{word}'" if " " in word else word for word in words)])
    console.print(Text(f"$ {line}", style="bold"))
    console.print(Text.from_ansi(on_terminal([sys.executable, "-m", "colactl", *words], folder)))
    return console.export_svg(title=f"colactl {words[0]}")


def on_terminal(command: list[str], folder: Path) -> str:
    """What a command writes to a terminal, escape sequences included."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        environment.pop(name, None)
    with subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=environment, cwd=folder) as process:
        os.close(side)
        written = bytearray()
        while chunk := _read(main):
            written += chunk
    os.close(main)
    assert process.returncode in (0, 1, 2)
    return written.decode().replace("\r\n", "\n").rstrip("\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so where the last process has closed the other side
        return b""
