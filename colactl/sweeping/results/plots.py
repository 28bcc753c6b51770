"""A sweep's plots: each parameter against what the jobs compare by, mostly the MCC, and all of them together."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeGuard
from urllib.parse import quote

from colactl.drawing import BLUE, GREY, INK, new_axes, write
from colactl.schema.groups import METRICS
from colactl.sweeping.results.compare import MCC, Group, Objective, Value, swept
from colactl.sweeping.results.rows import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MANY = 3  # parameters from which on they are drawn together too
TOGETHER = "parallel_coordinates"
SEED = "seed"
WIDE = 100.0  # largest value by smallest above which an axis is logarithmic: two decades
MOST_TICKS = 12  # from more numbers on, round ones tell more than those that occur
APART = 0.05  # of an axis, between two names along it
LONGEST_LABEL = 24  # characters
LONGEST_LINE = 60  # characters of names that fit side by side below an axis


@dataclass(frozen=True)
class Point:
    """A job, or a group of jobs that differ only in their seed.

    Attributes:
        position: Of the job among the rows; of a group, its first one's.
        value: Of the objective; a group's is the mean.
        std: A group's standard deviation; None where it has fewer than two values.
        degenerate: Whether a model gave every sentence the same answer.
    """

    position: int
    value: float
    std: float | None
    degenerate: bool


def draw(folder: Path, rows: Sequence[Row], groups: Sequence[Group], objective: Objective = MCC) -> None:
    """Writes a plot for each parameter, averaged over seeds, and one of all where there are three or more.

    Args:
        folder: Where the plots go; made if there is one to draw. Those of the same name are replaced.
        rows: All jobs; where none has a value of the objective, nothing is drawn.
        groups: Of the same jobs, by the same objective.
        objective: What they compare by.
    """
    columns = swept(rows)
    values = [objective.of(row) for row in rows]
    jobs = [
        Point(position, value, None, row.degenerate)
        for position, (row, value) in enumerate(zip(rows, values, strict=True))
        if value is not None
    ]
    positions = {row.index: position for position, row in enumerate(rows)}
    means = [
        Point(positions[group.jobs[0]], group.mean, group.std, group.degenerate)
        for group in groups
        if group.mean is not None
    ]
    if not jobs or not columns:
        return
    folder.mkdir(exist_ok=True)
    for name, column in columns.items():
        figure = _one(name, column, jobs if name == SEED else means, objective)
        write(figure, folder / f"{quote(name, safe='')}.png")
    if len(columns) >= MANY:
        unseeded = {name: column for name, column in columns.items() if name != SEED}
        shown, points = (unseeded, means) if len(unseeded) >= MANY else (columns, jobs)
        write(_together(shown, points, objective), folder / f"{TOGETHER}.png")


def _one(name: str, column: list[Value | None], points: list[Point], objective: Objective) -> Figure:
    """The plot of one parameter."""
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
    _label_values(axes, scale)
    axes.set_xlabel(name, color=INK)
    axes.set_ylabel(_axis_label(objective), color=INK)
    notes = ["mean and standard deviation over seeds"] if any(point.std is not None for point in points) else []
    notes += ["hollow: the same answer to every sentence"] if any(point.degenerate for point in points) else []
    figure.supxlabel("; ".join(notes), color=GREY, fontsize=8)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def _means_by_place(places: list[float], values: list[float]) -> list[tuple[float, float]]:
    at: defaultdict[float, list[float]] = defaultdict(list)
    for place, value in zip(places, values, strict=True):
        at[place].append(value)
    return sorted((place, statistics.fmean(values)) for place, values in at.items())


def _label_values(axes: Axes, scale: Scale) -> None:
    if scale.kind == "log":
        axes.set_xscale("log")
    if scale.kind == "category" or len(scale.values) <= MOST_TICKS:
        labels = [label(value) for value in scale.ticks()]
        slanted = sum(map(len, labels)) > LONGEST_LINE
        axes.set_xticks([scale.place(value) for value in scale.ticks()], labels)
        axes.set_xticks([], minor=True)
        axes.tick_params(axis="x", rotation=30 if slanted else 0)
    if scale.kind == "category":
        axes.set_xlim(-0.5, len(scale.values) - 0.5)


def _axis_label(objective: Objective) -> str:
    return f"{objective.name}, validation" if objective.metric in METRICS else objective.name


def _together(columns: dict[str, list[Value | None]], points: list[Point], objective: Objective) -> Figure:
    """The plot of all parameters: parallel coordinates, a line for each point."""
    from matplotlib.collections import LineCollection

    figure, axes = new_axes(1.8 * (len(columns) + 1) + 1, 4.4, f"Parameters and {objective.name}")
    points = sorted(points, key=lambda point: objective.goodness(point.value))  # the best on top
    values_of = {name: [column[point.position] for point in points] for name, column in columns.items()}
    values_of[objective.name] = [point.value for point in points]
    scales = {name: Scale.of(values) for name, values in values_of.items()}
    heights = [[scales[name].share(value) for value in values] for name, values in values_of.items()]
    lines = LineCollection([list(enumerate(line)) for line in zip(*heights, strict=True)], linewidths=1.4, alpha=0.8)
    best_bright = "viridis_r" if objective.direction == "minimize" else "viridis"
    lines.set(array=values_of[objective.name], cmap=best_bright)
    axes.add_collection(lines)
    for place, scale in enumerate(scales.values()):
        axes.axvline(place, color=GREY, linewidth=0.8)
        for value in scale.ticks():
            text = axes.text(place + 0.03, scale.share(value), label(value), fontsize=8, color=INK, va="center")
            text.set_bbox({"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1})
    axes.set(xlim=(-0.1, len(scales) - 0.5), ylim=(-0.06, 1.06), yticks=[])
    axes.set_xticks(range(len(scales)), list(scales))
    axes.spines[:].set_visible(False)
    figure.colorbar(lines, ax=axes, label=_axis_label(objective))
    return figure


@dataclass(frozen=True)
class Scale:
    """An axis for the values of a parameter.

    Attributes:
        kind: Numbers are linear or log; anything else is a category.
        values: The different ones: numbers sorted, categories in the order that they occur in.
    """

    kind: Literal["linear", "log", "category"]
    values: list[Value | None]

    @classmethod
    def of(cls, values: Sequence[Value | None]) -> Scale:
        """The scale that shows all the values."""
        numbers = [value for value in values if _is_number(value)]
        if len(numbers) < len(values):
            return cls("category", list(dict.fromkeys(values)))
        wide = min(numbers) > 0 and max(numbers) / min(numbers) > WIDE
        return cls("log" if wide else "linear", [*sorted(set(numbers))])

    def place(self, value: Value | None) -> float:
        """Where a value is: a number itself, or the position of its category."""
        if self.kind == "category":
            return float(self._positions[value])
        assert value is not None  # or it would be a category
        return float(value)

    def share(self, value: Value | None) -> float:
        """Where a value is between the axis' lower end, 0, and its upper one, 1."""
        low, high, at = (self._linear(end) for end in (self.values[0], self.values[-1], value))
        return 0.5 if low == high else (at - low) / (high - low)

    def ticks(self) -> list[Value | None]:
        """The values to label along the axis: as many as do not run into each other."""
        chosen = self.values[:1]
        for value in self.values[1:]:
            if self.share(value) - self.share(chosen[-1]) >= APART:
                chosen.append(value)
        return chosen

    @cached_property
    def _positions(self) -> dict[Value | None, int]:
        return {value: position for position, value in enumerate(self.values)}

    def _linear(self, value: Value | None) -> float:
        return math.log(self.place(value)) if self.kind == "log" else self.place(value)


def label(value: Value | None) -> str:
    """A value as it stands along an axis."""
    if value is None:
        return "(default)"
    text = f"{value:g}" if _is_number(value) else str(value)
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _is_number(value: Value | None) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
