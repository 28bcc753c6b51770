"""What completion offers for a line, without a shell."""

from __future__ import annotations

from typing import Any

import typer

from colactl.cli.app import app
from colactl.cli.completion.line import Item, complete

GROUP: Any = typer.main.get_command(app)


def items(line: str) -> list[Item]:
    """What is offered in the place of the last word."""
    *words, word = line.split(" ")
    return complete(GROUP, words, word)


def offered(line: str) -> list[str]:
    """The same, without comments."""
    return [item.text for item in items(line)]
