"""colactl runs: what came of a sweep, or of every run below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colactl.cli import complete
from colactl.cli.options import Json, Quiet
from colactl.cli.output import Output

if TYPE_CHECKING:
    from colactl.sweeping.results.files import Results

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="SWEEP_OR_FOLDER", help="A sweep's folder, or any that holds runs.", autocompletion=complete.sweep
    ),
]


def command(folder: Folder, as_json: Json = False, quiet: Quiet = False) -> None:
    """Compare the jobs of a sweep, also while it runs, or all runs below a folder."""
    runs(folder, Output(quiet), as_json)


def runs(folder: Path, output: Output, as_json: bool = False) -> None:
    """Writes a table or JSON to stdout; the folder is left as it is.

    Raises:
        ConfigError: There is no run in it.
    """
    from colactl.sweeping.results.files import find

    found = find(folder, output.talk)
    if as_json:
        output.json(found.as_json())
    else:
        _show(found, output)


def _show(found: Results, output: Output) -> None:
    from colactl.cli.sweep_table import tables
    from colactl.sweeping.results.compare import best_first

    output.text(*tables(found, best_first(found.jobs, found.objective) if found.is_sweep else found.jobs))
