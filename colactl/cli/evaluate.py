"""colactl evaluate: how good a model is, how sure that is, and whether another one is better."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, Json, Model, Quiet
from colactl.cli.output import Output
from colactl.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

Split = Literal["train", "validation", "test"]
Other = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN_OR_MODEL", help="A second one, compared with the first.", autocompletion=complete.model
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Other data than the run's own: data=cola. Repeatable.",
        autocompletion=complete.override,
    ),
]
SplitOption = Annotated[Split, typer.Option("--split", help="The split to measure on.")]


def command(
    model: Model,
    other: Other = None,
    assignments: Set = None,
    split: SplitOption = "validation",
    config_dir: ConfigDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure a model, or two against each other, with 95% intervals; by source too."""
    models = [model] if other is None else [model, other]
    data = named_data(models, assignments or [], config_dir or [], split)
    evaluate(models, data, split, Output(quiet), as_json)


def named_data(models: list[str], assignments: list[str], config_dirs: list[Path], split: Split) -> DictConfig | None:
    """The data that was asked for, checked; None where the run's own is to be taken.

    Raises:
        ConfigError: It is wrong, or an override stands where a model should.
    """
    from colactl.composition import compose_data
    from colactl.shell import joined

    plain = [word for word in models if "=" in word and not Path(word).exists()]
    if plain:
        words = ["colactl", "evaluate", *([word for word in models if word not in plain] or ["RUN_OR_MODEL"])]
        words += [word for text in [*plain, *assignments] for word in ("--set", text)]
        raise ConfigError(f"{plain[0]!r} is no model: overrides go after --set.", f"Type: {joined(words)}")
    return compose_data(assignments, config_dirs, split) if assignments or config_dirs else None


def evaluate(models: list[str], data: DictConfig | None, split: Split, output: Output, as_json: bool = False) -> None:
    """Measures, and writes tables or JSON to stdout.

    Raises:
        ColactlError: The data or a model is not to be had, or Ctrl-C or SIGTERM ended it.
    """
    from colactl import tasks
    from colactl.host.signals import interruptible

    with interruptible("evaluation"):
        found = tasks.evaluate(models, data, split)
    for note in found.notes:
        output.talk(note)
    if as_json:
        output.json(found.as_json())
    else:
        from colactl.cli.figures import tables

        output.text(*tables(found))
