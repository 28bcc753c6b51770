"""What all pictures have in common: colours, axes, and how they become a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from colactl.runs.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, INK, GREY = "#3267b0", "#d9741a", "#222222", "#8a8a8a"
DOTS_PER_INCH = 150


def new_axes(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    """An empty picture; its size is in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK, pad=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)
    return figure, axes


def write(figure: Figure, path: Path) -> None:
    """Writes a picture as a PNG, whole or not at all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    # Agg without pyplot, which has global state: runs in threads, and a notebook with its own figures, share it.
    FigureCanvasAgg(figure)
    with replacing(path) as file:
        figure.savefig(file, format="png")
