"""colactl train: one run, new or resumed or repeated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colactl.cli import complete, repeat
from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set
from colactl.cli.output import Output
from colactl.cli.start import start

if TYPE_CHECKING:
    from colactl.runs.run import Run

Multirun = Annotated[bool, typer.Option("--multirun", "-m", hidden=True, help="Hydra's habit; use colactl sweep.")]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume", metavar="RUN", help="Go on with an interrupted run.", autocompletion=complete.run_to_resume
    ),
]
Rerun = Annotated[
    Path | None,
    typer.Option(
        "--rerun", metavar="RUN", help="Train anew with the config of a run.", autocompletion=complete.run_to_repeat
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="With --rerun: refuse where anything has drifted.")]


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    resumed: Resume = None,
    rerun: Rerun = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
    multirun: Multirun = False,
) -> None:
    """Train a classifier; writes the run's folder to stdout."""
    request, output = Request.of(overrides, assignments, config_name, config_dir), Output(quiet)
    repeat.refuse_mixtures(request, resumed, rerun, strict, multirun)
    if resumed is not None:
        tell(repeat.resume(resumed, output), output, as_json)
    elif rerun is not None:
        tell(repeat.rerun(rerun, request, output, strict), output, as_json)
    else:
        tell(train(request, output, multirun), output, as_json)


def train(request: Request, output: Output, multirun: bool = False) -> Run:
    """Composes, checks, shows and trains.

    Raises:
        ColactlError: Whatever went wrong.
    """
    from colactl.composition import compose_and_validate
    from colactl.composition.overrides import refuse_sweep

    refuse_sweep(request.overrides, request.command("sweep"), multirun)
    composed, config = compose_and_validate(request.overrides, request.config_name, request.config_dirs)
    return start(composed, config, output)


def tell(run: Run, output: Output, as_json: bool) -> None:
    """Writes what the command is for to stdout, and tells the person what came out."""
    if run.result is not None:
        output.talk(_figures(run.result))
    if as_json:
        output.json({"folder": str(run.folder), "result": run.result})
    else:
        output.data(str(run.folder))


def _figures(result: dict[str, Any]) -> str:
    """The figures of the best checkpoint on the validation split, in a line; without a validation there are none."""
    names = {"mcc": "MCC", "accuracy": "accuracy", "loss": "loss"}
    figures = [f"{told} {value:.3f}" for name, told in names.items() if (value := result.get(name)) is not None]
    degenerate = ["degenerate: every sentence got the same answer"] if result.get("degenerate") else []
    return ", ".join([*figures, *degenerate]) or "Nothing was validated."
