"""The list of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from colactl import __version__
from colactl.cli import copy_config, diff, evaluate, list_groups, predict, runs, show_config, sweep, train
from colactl.cli.boundary import CommandGroup
from colactl.cli.completion import shells
from colactl.cli.output import set_up_streams

set_up_streams()
shells.mend_scripts()
app = typer.Typer(
    name="colactl",
    cls=CommandGroup,
    help="Train, evaluate, use and sweep classifiers of linguistic acceptability on Hydra configs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: colactl train",
)
app.command("train")(train.command)
app.command("evaluate")(evaluate.command)
app.command("predict")(predict.command)
app.command("show-config")(show_config.command)
app.command("sweep")(sweep.command)
app.command("runs")(runs.command)
app.command("diff")(diff.command)
app.command("list-groups")(list_groups.command)
app.command("copy-config")(copy_config.command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"colactl {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it and exit.")
    ] = False,
) -> None:
    """Holds the options that stand before a command."""
