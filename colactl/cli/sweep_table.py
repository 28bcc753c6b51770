"""Jobs as tables without lines: they read alike on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from colactl.shell import relative
from colactl.sweeping.results.compare import Objective, best, best_group, shared

if TYPE_CHECKING:
    from rich.console import RenderableType

    from colactl.sweeping.results.compare import Group
    from colactl.sweeping.results.files import Results
    from colactl.sweeping.results.rows import Row

FIGURES = ("mcc", "accuracy", "seconds")
WORDS = ("job", "overrides", "status", "folder", "but for the seed", "jobs")  # columns that hold no figures
LEAST = 5  # columns of a figure such as 0.123, which a narrow terminal must not break in two


def tables(found: Results, jobs: Sequence[Row], most: int | None = None) -> Iterator[RenderableType]:
    """The jobs, their groups where any has several, and which is best.

    Args:
        found: The results.
        jobs: Its jobs, in the order to show them in.
        most: How many of them to show at most.
    """
    by = found.objective
    yield _jobs(jobs[:most], by, shared(found.jobs))
    if len(jobs) > len(jobs[:most]):
        yield Text(f"and {len(jobs) - len(jobs[:most])} more, in {relative(found.folder)}/results.csv")
    if any(len(group.jobs) > 1 for group in found.groups):
        yield _groups(found.groups, by, shared(found.jobs))
    top, group = best(found.jobs, by), best_group(found.groups, by)
    if top is not None:
        yield Text(f"best: job {top.index}, {by.name} {by.shown(by.of(top))}, {relative(Path(top.folder))}")
    if group is not None:
        yield Text(f"best over seeds: {_named(group)}, mean {by.name} {by.shown(group.mean)} of {group.n}")


def _jobs(jobs: Sequence[Row], by: Objective, common: set[str]) -> Table:
    columns = [Objective(figure) for figure in dict.fromkeys([by.metric, *FIGURES])]
    table = _table("job", "overrides", "status", *(column.name for column in columns), "folder")
    for job in jobs:
        status = "pruned" if job.value("pruned") else job.status
        figures = [column.shown(column.of(job)) for column in columns]
        status = f"{status}, degenerate" if job.degenerate else status
        where = relative(Path(job.folder))
        told = f"{where}\n{job.error}" if job.error else where
        table.add_row(
            str(job.index),
            _own(job.overrides, common),
            status,
            *figures,
            told,
        )
    return table


def _groups(groups: Sequence[Group], by: Objective, common: set[str]) -> Table:
    table = _table("but for the seed", "n", f"mean {by.name}", "std", "min", "max", "jobs")
    for group in sorted(groups, key=lambda group: by.goodness(group.mean), reverse=True):
        figures = map(by.shown, (group.mean, group.std, group.min, group.max))
        jobs = ", ".join(map(str, group.jobs))
        told = f"{jobs} (degenerate)" if group.degenerate else jobs
        table.add_row(_own(group.overrides, common) or "-", str(group.n), *figures, told)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        figure = column not in WORDS
        narrow = LEAST if figure and column != "n" else None
        table.add_column(column, justify="right" if figure else "left", overflow="fold", min_width=narrow)
    return table


def _named(group: Group) -> str:
    return " ".join(group.overrides) or f"job {group.jobs[0]} and its like"


def _own(overrides: Sequence[str], common: set[str]) -> str:
    return " ".join(text for text in overrides if text not in common)
