"""colactl evaluate: how good a model is, how certain that is, and whether another one is better."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, Json, Model, Quiet, set_words
from colactl.cli.output import Output, plain_table
from colactl.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig
    from rich.table import Table

    from colactl.tasks.scoring import Comparison, Estimate, Evaluation, ModelFigures, PartFigures

INTERVAL = "95% interval"
ORDINALS = ("first", "second")
NONE = "-"
LEAST_P = 0.001  # three decimals show no smaller one, the bootstrap's (at least 0.0002) or McNemar's; JSON does

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
    data = data_config(models, assignments or [], config_dir or [], split)
    evaluate(models, data, split, Output(quiet, as_json))


def data_config(models: list[str], assignments: list[str], config_dirs: list[Path], split: Split) -> DictConfig | None:
    """The data that was asked for, checked; None where the run's own is to be taken.

    Raises:
        ConfigError: It is wrong, or an override stands where a model should.
    """
    from colactl.composition.data import compose_data
    from colactl.shell import joined

    overrides = [word for word in models if "=" in word and not Path(word).exists()]
    if overrides:
        names = [word for word in models if word not in overrides] or ["RUN_OR_MODEL"]
        command = joined(["colactl", "evaluate", *names, *set_words([*overrides, *assignments])])
        raise ConfigError(f"{overrides[0]!r} is not a model: overrides go after --set.", f"Type: {command}")
    return compose_data(assignments, config_dirs, split) if assignments or config_dirs else None


def evaluate(models: list[str], data: DictConfig | None, split: Split, output: Output) -> None:
    """Measures, and writes tables or JSON to stdout.

    Raises:
        ColactlError: The data or a model is not available, or Ctrl-C or SIGTERM ended it.
    """
    from colactl import tasks
    from colactl.host.signals import interruptible

    with interruptible("evaluation"):
        evaluation = tasks.evaluate(models, data, split)
    for note in evaluation.notes:
        output.talk(note)
    if output.as_json:
        output.json(evaluation.as_json())
    else:
        output.text(*tables(evaluation))


def tables(evaluation: Evaluation) -> Iterator[Table]:
    """The evaluation of one model, or of two side by side: data, metrics, predictions, then by group and by source."""
    models = evaluation.models
    yield _data(evaluation)
    if evaluation.comparison is None:
        yield _metrics(models[0])
    else:
        yield _differences(models, evaluation.comparison)
        yield _mcnemar(evaluation.comparison)
    for model in models:
        yield _confusion(model, "" if len(models) == 1 else model.model)
    # The groups and the sources are those of the data: known of all models or of none.
    if groups := [model.groups for model in models if model.groups is not None]:
        yield _parts("group", groups)
    if sources := [model.sources for model in models if model.sources is not None]:
        yield _parts("source", sources)


def _data(evaluation: Evaluation) -> Table:
    table = _table("", "")
    table.show_header = False
    names = ("model",) if len(evaluation.models) == 1 else ORDINALS
    for name, model in zip(names, evaluation.models, strict=True):
        table.add_row(name, model.model)
    data, config = evaluation.data, evaluation.data["config"]
    whose = "the run's own data" if data["own"] else "the data that was named"
    origin = "the embedded corpus"
    if config["source"] == "files":
        paths = config[data["split"]]
        origin = paths if isinstance(paths, str) else ", ".join(paths)
    elif config["source"] == "hub":
        origin = f"{config['path']} ({config['name']})"
    table.add_row("data", f"{data['sentences']} sentences, the {data['split']} split of {whose}: {origin}")
    return table


def _metrics(model: ModelFigures) -> Table:
    from colactl.schema.groups import metric_name

    table = _table("", "value", INTERVAL)
    for name, estimate in model.figures.items():
        table.add_row(metric_name(name), _value(estimate), _interval(estimate))
    return table


def _differences(models: tuple[ModelFigures, ...], comparison: Comparison) -> Table:
    from colactl.schema.groups import metric_name

    table = _table("", *(text for name in ORDINALS for text in (name, INTERVAL)), "second - first", INTERVAL, "p")
    for name, difference in comparison.differences.items():
        own = [text for model in models for text in _value_and_interval(model.figures[name])]
        table.add_row(
            metric_name(name), *own, f"{difference.value:+.3f}", _interval(difference, "+.3f"), _p(difference.p)
        )
    return table


def _mcnemar(comparison: Comparison) -> Table:
    test = comparison.mcnemar
    table = _table("McNemar's test", "sentences", "p")
    table.add_row("only the first is right", str(test.only_first_right), "")
    table.add_row("only the second is right", str(test.only_second_right), "")
    table.add_row(test.method, str(test.only_first_right + test.only_second_right), _p(test.p))
    return table


def _confusion(model: ModelFigures, title: str) -> Table:
    table = _table(title, "judged unacceptable", "judged acceptable")
    for label, counts in zip(("unacceptable", "acceptable"), model.confusion, strict=True):
        table.add_row(label, *map(str, counts))
    return table


def _parts(heading: str, parts: list[list[PartFigures]]) -> Table:
    """The metrics by group or by source, of one model or of two."""
    if len(parts) == 1:
        table = _table(heading, "sentences", "accuracy", INTERVAL, "MCC", INTERVAL)
        for part in parts[0]:
            values = (*_value_and_interval(part.accuracy), *_value_and_interval(part.mcc))
            table.add_row(part.name or NONE, str(part.sentences), *values)
        return table
    table = _table(heading, "sentences", *(f"{metric}, {name}" for metric in ("accuracy", "MCC") for name in ORDINALS))
    for first, second in zip(*parts, strict=True):
        estimates = (first.accuracy, second.accuracy, first.mcc, second.mcc)
        table.add_row(first.name or NONE, str(first.sentences), *map(_value, estimates))
    return table


def _table(heading: str, *columns: str) -> Table:
    return plain_table(heading, *columns, text_columns=(heading,))


def _value_and_interval(estimate: Estimate | None) -> tuple[str, str]:
    return _value(estimate), _interval(estimate)


def _value(estimate: Estimate | None) -> str:
    return NONE if estimate is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate | None, form: str = ".3f") -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return NONE
    return f"{estimate.low:{form}} to {estimate.high:{form}}"


def _p(p: float) -> str:
    return f"< {LEAST_P}" if p < LEAST_P else f"{p:.3f}"
