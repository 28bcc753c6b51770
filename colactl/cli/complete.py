"""What a shell may offer for the parameters of commands, in the form of Typer's `autocompletion`.

Every command imports this file; what makes the answers is imported when a shell asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from colactl.cli.completion.line import Item, Line

Answers = list[tuple[str, str]]  # words, and a comment on each


def override(ctx: typer.Context, incomplete: str) -> Answers:
    """An override: groups, options, keys and values."""
    from colactl.cli.completion import overrides

    return _pairs(overrides.complete_override(_line(ctx), incomplete))


def part(ctx: typer.Context, incomplete: str) -> Answers:
    """A key of the config."""
    from colactl.cli.completion import overrides

    return _pairs(overrides.complete_part(_line(ctx), incomplete))


def config_name(ctx: typer.Context) -> Answers:
    """A primary config."""
    from colactl.cli.completion import overrides

    return _pairs(overrides.complete_config_name(_line(ctx)))


def run_to_resume(incomplete: str) -> Answers:
    """A run that is not done."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.unfinished_run))


def run_to_repeat(incomplete: str) -> Answers:
    """Any run."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.any_run))


def model(incomplete: str) -> Answers:
    """A run with a model."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.complete_run))


def sweep(incomplete: str) -> Answers:
    """A sweep."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.sweep))


def shipped(incomplete: str) -> Answers:
    """A config that comes with colactl."""
    from colactl.schema.config_files import shipped_configs

    return [(name, "") for name in shipped_configs() if name.startswith(incomplete)]


def _line(ctx: typer.Context) -> Line:
    """The words before; Typer itself, which answers PowerShell, does not give them."""
    from colactl.cli.completion.line import Line

    return ctx.obj if isinstance(ctx.obj, Line) else Line()


def _pairs(items: Iterable[Item]) -> Answers:
    return [(item.text, item.comment) for item in items]
