""".github/commands.md: what `--help` says, command by command."""

from __future__ import annotations

import os
import subprocess
import sys

import typer.main

from colactl.cli.app import app
from tests.conftest import ROOT

HEAD = "# Commands\n\nWhat `--help` says, made by `python -m tests.reference`.\n"
WIDTH = "100"  # columns
END = "\f"
PROGRAM = f"""
import sys
from colactl.cli.app import app
for line in sys.argv[1:]:
    try:
        app([*line.split()[1:], "--help"], prog_name="colactl")
    except SystemExit as end:
        assert not end.code, line
    print(end={END!r})
"""


def commands() -> str:
    """The whole page, in Markdown."""
    names = typer.main.get_command(app).commands  # type: ignore[attr-defined] - a group's; Typer's Click has no name
    lines = ["colactl", *(f"colactl {name}" for name in names)]
    return "\n".join([HEAD, *map(_part, lines, help_texts(lines))])


def _part(line: str, text: str) -> str:
    return f"## {line}\n\n    $ {line} --help\n{_indented(text)}\n"


def help_texts(lines: list[str]) -> list[str]:
    """What commands say of themselves in a pipe of that width, all in one process."""
    environment = {**os.environ, "COLUMNS": WIDTH, "TERMINAL_WIDTH": WIDTH, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, *lines]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return told.split(END)[:-1]


def _indented(text: str) -> str:
    lines = [f"    {line.rstrip()}".rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join(lines)
