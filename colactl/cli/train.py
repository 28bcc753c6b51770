"""colactl train: one run."""

from __future__ import annotations

from typing import Annotated

import typer

from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set
from colactl.cli.output import Output

Multirun = Annotated[bool, typer.Option("--multirun", "-m", hidden=True, help="Hydra's habit; use colactl sweep.")]


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    as_json: Json = False,
    quiet: Quiet = False,
    multirun: Multirun = False,
) -> None:
    """Train a classifier; writes the run's folder to stdout."""
    request = Request.of(overrides, assignments, config_name, config_dir)
    train(request, Output(quiet), as_json, multirun)


def train(request: Request, output: Output, as_json: bool = False, multirun: bool = False) -> None:
    """Composes, checks, shows and trains.

    Raises:
        ColactlError: Whatever went wrong.
    """
    from omegaconf import OmegaConf

    from colactl import tasks
    from colactl.cli.render import config_panel
    from colactl.composition import compose_and_validate
    from colactl.composition.folders import run_folder
    from colactl.composition.overrides import refuse_sweep

    refuse_sweep(request.overrides, request.command("sweep"), multirun)
    composed, config = compose_and_validate(request.overrides, request.config_name, request.config_dirs)
    folder, chosen = run_folder(composed)
    output.talk(config_panel(OmegaConf.to_yaml(config, resolve=True)))
    record = tasks.Record(hydra=composed.whole, overrides=tuple(composed.overrides))
    run = tasks.train(config, folder, unique=not chosen, record=record, talkative=not output.quiet)
    if as_json:
        output.json({"folder": str(run.folder), "result": run.result})
    else:
        output.data(str(run.folder))
