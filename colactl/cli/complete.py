"""What a shell may offer for the parameters of commands, as Typer's `autocompletion` wants it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from colactl.cli.completion.line import Item, Line

Found = list[tuple[str, str]]  # words, and a comment on each


def override(ctx: typer.Context, incomplete: str) -> Found:
    """An override: groups, options, keys and values."""
    from colactl.cli.completion import overrides

    return _pairs(overrides.complete(_line(ctx), incomplete))


def part(ctx: typer.Context, incomplete: str) -> Found:
    """A part of the config."""
    from colactl.cli.completion import overrides

    return _pairs(overrides.complete_part(_line(ctx), incomplete))


def config_name(ctx: typer.Context) -> Found:
    """A primary config."""
    from colactl.cli.completion.files import ConfigFiles

    return list(ConfigFiles(_line(ctx).config_dirs).options("").items())


def run_to_resume(incomplete: str) -> Found:
    """A run that is not done."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.unfinished_run))


def run_to_repeat(incomplete: str) -> Found:
    """Any run."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.any_run))


def shipped(incomplete: str) -> Found:
    """A config that comes with colactl."""
    from colactl.schema.config_files import shipped_configs

    return [(name, "") for name in shipped_configs() if name.startswith(incomplete)]


def model(incomplete: str) -> Found:
    """A run with a model."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.complete_run))


def sweep(incomplete: str) -> Found:
    """A sweep."""
    from colactl.cli.completion import folders

    return _pairs(folders.complete(incomplete, folders.sweep))


def _line(ctx: typer.Context) -> Line:
    """The words before; Typer itself, which answers PowerShell, does not tell them."""
    from colactl.cli.completion.line import Line

    return ctx.obj if isinstance(ctx.obj, Line) else Line()


def _pairs(items: Iterable[Item]) -> Found:
    return [(item.text, item.comment) for item in items]
