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


def commands() -> str:
    """The whole page, in Markdown."""
    names = typer.main.get_command(app).commands  # type: ignore[attr-defined] - a group's; Typer's Click has no name
    parts = [(), *((name,) for name in names)]
    return "\n".join([HEAD, *(_part(part) for part in parts)])


def _part(words: tuple[str, ...]) -> str:
    line = " ".join(["colactl", *words, "--help"])
    return f"## {' '.join(['colactl', *words])}\n\n    $ {line}\n{_indented(help_text(*words))}\n"


def help_text(*words: str) -> str:
    """What a command says of itself in a pipe of that width."""
    environment = {**os.environ, "COLUMNS": WIDTH, "TERMINAL_WIDTH": WIDTH, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "colactl", *words, "--help"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def _indented(text: str) -> str:
    lines = [f"    {line.rstrip()}".rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join(lines)
