"""A sweep's pictures: each parameter against what the jobs compare by, mostly the MCC, and all of them together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from colactl.choices import METRICS
from colactl.sweeping.objective import MCC, Objective
from colactl.sweeping.results.compare import Group, Row, degenerate
from colactl.sweeping.results.parameters import Value, swept
from colactl.sweeping.results.scale import MOST_TICKS, Scale, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MANY = 3  # parameters from which on they are drawn together too
TOGETHER = "parallel_coordinates"
SEED = "seed"


@dataclass(frozen=True)
class Point:
    """A job, or a group of jobs that differ only in their seed.

    Attributes:
        position: Of the job among the rows; of a group, its first one's.
        value: Of the objective's figure; a group's is the mean.
        std: A group's standard deviation; None where there are no several.
        degenerate: Whether a model gave every sentence the same answer.
    """

    position: int
    value: float
    std: float | None
    degenerate: bool


def draw(folder: Path, rows: Sequence[Row], groups: Sequence[Group], objective: Objective = MCC) -> None:
    """Writes a picture for each parameter, averaged over seeds, and one of all where there are three or more.

    Args:
        folder: Where the pictures go; made if there is one to draw. Those of the same name are replaced.
        rows: All jobs; without a figure of any nothing is drawn.
        groups: Of the same jobs, by the same objective.
        objective: What they compare by.
    """
    columns = swept(rows)
    jobs, means = _jobs(rows, objective), _means(rows, groups)
    if not jobs or not columns:
        return
    from colactl.training.records.plots import write

    folder.mkdir(exist_ok=True)
    for name, column in columns.items():
        write(_one(name, column, jobs if name == SEED else means, objective), folder / f"{quote(name, safe='')}.png")
    if len(columns) >= MANY:
        unseeded = {name: column for name, column in columns.items() if name != SEED}
        shown, points = (unseeded, means) if len(unseeded) >= MANY else (columns, jobs)
        write(_together(shown, points, objective), folder / f"{TOGETHER}.png")


def _jobs(rows: Sequence[Row], objective: Objective) -> list[Point]:
    known = [(position, row, objective.of(row)) for position, row in enumerate(rows)]
    return [Point(position, value, None, degenerate(row)) for position, row, value in known if value is not None]


def _means(rows: Sequence[Row], groups: Sequence[Group]) -> list[Point]:
    positions = {row["index"]: position for position, row in enumerate(rows)}
    return [
        Point(positions[group.jobs[0]], group.mean, group.std, group.degenerate)
        for group in groups
        if group.mean is not None
    ]


def _one(name: str, column: list[Value | None], points: list[Point], objective: Objective) -> Figure:
    from colactl.training.records.plots import BLUE, GREY, INK, new_axes

    figure, axes = new_axes(6.4, 4.0, f"{objective.name} by {name}")
    scale = Scale.of([column[point.position] for point in points])
    places = [scale.place(column[point.position]) for point in points]
    values = [point.value for point in points]
    spread = [math.nan if point.std is None else point.std for point in points]
    axes.errorbar(places, values, spread, color=BLUE, linestyle="", elinewidth=1.0, capsize=3)
    fills = ["none" if point.degenerate else BLUE for point in points]
    axes.scatter(places, values, s=26, c=fills, edgecolors=BLUE, zorder=3)
    if len(set(places)) < len(places):
        line = "" if scale.kind == "category" else "-"
        means = zip(*_means_by_place(places, values), strict=True)
        axes.plot(*means, color=INK, linewidth=1, linestyle=line, marker="_", markersize=14)
    _name_values(axes, scale)
    axes.set_xlabel(name, color=INK)
    axes.set_ylabel(_named(objective), color=INK)
    figure.supxlabel(_notes(points), color=GREY, fontsize=8)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def _means_by_place(places: list[float], values: list[float]) -> list[tuple[float, float]]:
    found: dict[float, list[float]] = {}
    for place, value in zip(places, values, strict=True):
        found.setdefault(place, []).append(value)
    return sorted((place, statistics.fmean(those)) for place, those in found.items())


def _notes(points: list[Point]) -> str:
    notes = ["mean and standard deviation over seeds"] if any(point.std is not None for point in points) else []
    notes += ["hollow: the same answer to every sentence"] if any(point.degenerate for point in points) else []
    return "; ".join(notes)


def _name_values(axes: Axes, scale: Scale) -> None:
    if scale.kind == "log":
        axes.set_xscale("log")
    if scale.kind == "category" or len(scale.values) <= MOST_TICKS:
        names = [label(value) for value in scale.ticks()]
        slanted = sum(map(len, names)) > 60  # characters that fit side by side
        axes.set_xticks([scale.place(value) for value in scale.ticks()], names)
        axes.set_xticks([], minor=True)
        axes.tick_params(axis="x", rotation=30 if slanted else 0)
    if scale.kind == "category":
        axes.set_xlim(-0.5, len(scale.values) - 0.5)


def _named(objective: Objective) -> str:
    return f"{objective.name}, validation" if objective.figure in METRICS else objective.name


def _together(columns: dict[str, list[Value | None]], points: list[Point], objective: Objective) -> Figure:
    from matplotlib.collections import LineCollection

    from colactl.training.records.plots import GREY, INK, new_axes

    figure, axes = new_axes(1.8 * (len(columns) + 1) + 1, 4.4, f"Parameters and {objective.name}")
    points = sorted(points, key=lambda point: objective.goodness(point.value))  # the best on top
    known = {name: [column[point.position] for point in points] for name, column in columns.items()}
    known[objective.name] = [point.value for point in points]
    scales = {name: Scale.of(values) for name, values in known.items()}
    heights = [[scales[name].share(value) for value in values] for name, values in known.items()]
    lines = LineCollection([list(enumerate(line)) for line in zip(*heights, strict=True)], linewidths=1.4, alpha=0.8)
    best_bright = "viridis_r" if objective.direction == "minimize" else "viridis"
    lines.set(array=known[objective.name], cmap=best_bright)
    axes.add_collection(lines)
    for place, scale in enumerate(scales.values()):
        axes.axvline(place, color=GREY, linewidth=0.8)
        for value in scale.ticks():
            name = axes.text(place + 0.03, scale.share(value), label(value), fontsize=8, color=INK, va="center")
            name.set_bbox({"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1})
    axes.set(xlim=(-0.1, len(scales) - 0.5), ylim=(-0.06, 1.06), yticks=[])
    axes.set_xticks(range(len(scales)), list(scales))
    axes.spines[:].set_visible(False)
    figure.colorbar(lines, ax=axes, label=_named(objective))
    return figure
