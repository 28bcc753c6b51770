"""A run's pictures: the loss, the Matthews correlation and the confusion matrix, each as a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from colactl.drawing import BLUE, GREY, INK, ORANGE, new_axes, write
from colactl.training.labels import LABELS

if TYPE_CHECKING:
    from colactl.training.network.module import Curves, Points

MARKED_POINTS = 60  # up to this many, each point of a line is marked


def draw(folder: Path, curves: Curves, confusion: Sequence[Sequence[int]]) -> None:
    """Writes `loss.png`, `mcc.png` and `confusion_matrix.png` into `folder`, which is made if absent.

    Args:
        folder: Where the pictures go; those of the same name are replaced.
        curves: What the lines show; an empty one leaves its picture without a line.
        confusion: 2 x 2 counts: rows are the true label, columns the predicted one, unacceptable first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write(_loss(curves), folder / "loss.png")
    write(_mcc(curves.valid_mcc), folder / "mcc.png")
    write(_confusion(confusion), folder / "confusion_matrix.png")


def _line_axes(title: str, quantity: str) -> tuple[Figure, Axes]:
    figure, axes = new_axes(6.4, 4.0, title)
    axes.set_xlabel("optimizer step", color=INK)
    axes.set_ylabel(quantity, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _line(axes: Axes, points: Points, color: str, label: str) -> None:
    if points:
        steps, values = zip(*points, strict=True)
        marker = "o" if len(points) <= MARKED_POINTS else ""
        axes.plot(steps, values, color=color, linewidth=1.6, marker=marker, markersize=3.5, label=label)


def _mark_empty(axes: Axes) -> None:
    if not axes.lines:  # numbers along the axes would be made up
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "nothing was measured", transform=axes.transAxes, ha="center", color=GREY)


def _loss(curves: Curves) -> Figure:
    figure, axes = _line_axes("Loss", "cross-entropy (nats)")
    _line(axes, curves.train_loss, BLUE, "training")
    _line(axes, curves.valid_loss, ORANGE, "validation")
    _mark_empty(axes)
    if axes.lines:
        axes.legend(frameon=False, fontsize=9)
    return figure


def _mcc(points: Points) -> Figure:
    figure, axes = _line_axes("Matthews correlation, validation", "MCC")
    _line(axes, points, ORANGE, "validation")
    _mark_empty(axes)
    finite = [point for point in points if point[1] == point[1]]  # a diverged model has an MCC of NaN
    if finite:
        step, best = max(finite, key=lambda point: point[1])
        axes.plot([step], [best], marker="o", markersize=10, color=INK, markerfacecolor="none", label="best")
        axes.margins(y=0.18)  # room for the note above the best point
        side = "right" if step > (points[0][0] + points[-1][0]) / 2 else "left"
        note = f"best {best:.3f} at step {step:,}"
        axes.annotate(note, (step, best), (0, 9), textcoords="offset points", ha=side, fontsize=9, color=INK)
    return figure


def _confusion(confusion: Sequence[Sequence[int]]) -> Figure:
    figure, axes = new_axes(4.8, 4.2, "Confusion matrix, validation")
    totals = [sum(row) for row in confusion]
    shares = [[count / total if total else 0.0 for count in row] for row, total in zip(confusion, totals, strict=True)]
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for row, (counts, parts) in enumerate(zip(confusion, shares, strict=True)):
        for column, (count, share) in enumerate(zip(counts, parts, strict=True)):
            color = "white" if share > 0.5 else INK
            axes.text(column, row - 0.06, f"{count:,}", ha="center", va="center", fontsize=16, color=color)
            axes.text(column, row + 0.16, f"{share:.1%} of row", ha="center", va="center", fontsize=9, color=color)
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS, rotation=90, va="center")
    axes.set_xlabel("predicted", color=INK)
    axes.set_ylabel("true label", color=INK)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure
