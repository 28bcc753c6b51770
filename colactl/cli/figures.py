"""An evaluation as tables without lines: they read alike on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from colactl.training.scoring.evaluation import Evaluation
    from colactl.training.scoring.statistics import Comparison, Estimate, ModelFigures, PartFigures

NAMES = {"mcc": "MCC", "accuracy": "accuracy", "f1": "F1"}
INTERVAL = "95% interval"
ORDINALS = ("first", "second")
NONE = "-"
LEAST_P = 0.001  # three decimals show no smaller one, the bootstrap's (at least 0.0002) or McNemar's; JSON does


def tables(found: Evaluation) -> Iterator[Table]:
    """The evaluation of one model, or of two side by side: what on, figures, answers, then by group and by source."""
    yield _about(found)
    if found.comparison is None:
        yield _figures(found.models[0])
    else:
        yield _differences(found.models, found.comparison)
        yield _mcnemar(found.comparison)
    for model in found.models:
        yield _confusion(model, "" if len(found.models) == 1 else model.model)
    for heading, parts in (
        ("group", [model.groups for model in found.models]),
        ("source", [model.sources for model in found.models]),
    ):
        known = [part for part in parts if part is not None]  # of all models or of none: it is the data's matter
        if known:
            yield _by(heading, known)


def _about(found: Evaluation) -> Table:
    table = _table("", "")
    table.show_header = False
    names = ("model",) if len(found.models) == 1 else ORDINALS
    for name, model in zip(names, found.models, strict=True):
        table.add_row(name, model.model)
    data = found.data
    whose = "the run's own data" if data["own"] else "the data that was named"
    table.add_row("data", f"{data['sentences']} sentences, the {data['split']} split of {whose}: {_origin(found)}")
    return table


def _origin(found: Evaluation) -> str:
    config = found.data["config"]
    if config["source"] == "files":
        paths = config[found.data["split"]]
        return paths if isinstance(paths, str) else ", ".join(paths)
    return f"{config['path']} ({config['name']})" if config["source"] == "hub" else "the embedded corpus"


def _figures(model: ModelFigures) -> Table:
    table = _table("", "value", INTERVAL)
    for name, estimate in model.figures.items():
        table.add_row(NAMES[name], _value(estimate), _interval(estimate))
    return table


def _differences(models: tuple[ModelFigures, ...], comparison: Comparison) -> Table:
    table = _table("", *(text for name in ORDINALS for text in (name, INTERVAL)), "second - first", INTERVAL, "p")
    for name, difference in comparison.differences.items():
        own = [text for model in models for text in _both(model.figures[name])]
        table.add_row(NAMES[name], *own, f"{difference.value:+.3f}", _interval(difference, "+.3f"), _p(difference.p))
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


def _by(heading: str, parts: list[list[PartFigures]]) -> Table:
    if len(parts) == 1:
        table = _table(heading, "sentences", "accuracy", INTERVAL, "MCC", INTERVAL)
        for part in parts[0]:
            table.add_row(part.name or NONE, str(part.sentences), *_both(part.accuracy), *_both(part.mcc))
        return table
    table = _table(heading, "sentences", *(f"{figure}, {name}" for figure in ("accuracy", "MCC") for name in ORDINALS))
    for one, other in zip(*parts, strict=True):
        values = map(_value, (one.accuracy, other.accuracy, one.mcc, other.mcc))
        table.add_row(one.name or NONE, str(one.sentences), *values)
    return table


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right" if column != "" else "left", overflow="fold")
    return table


def _both(estimate: Estimate | None) -> tuple[str, str]:
    return _value(estimate), _interval(estimate)


def _value(estimate: Estimate | None) -> str:
    return NONE if estimate is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate | None, form: str = ".3f") -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return NONE
    return f"{estimate.low:{form}} to {estimate.high:{form}}"


def _p(p: float) -> str:
    return f"< {LEAST_P}" if p < LEAST_P else f"{p:.3f}"
