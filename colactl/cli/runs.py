"""colactl runs: the jobs of a sweep, or every run below a folder, compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colactl.cli import complete
from colactl.cli.options import Json, Quiet
from colactl.cli.output import Output, plain_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from colactl.sweeping.results.compare import Group, Objective
    from colactl.sweeping.results.files import Results
    from colactl.sweeping.results.rows import Row

METRICS = ("mcc", "accuracy", "seconds")  # of result.json
TEXTS = ("job", "overrides", "status", "folder", "but for the seed", "jobs")  # columns that hold no numbers
NARROWEST = 5  # columns of the screen for a number such as 0.123

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="SWEEP_OR_FOLDER", help="A sweep's folder, or any that holds runs.", autocompletion=complete.sweep
    ),
]


def command(folder: Folder, as_json: Json = False, quiet: Quiet = False) -> None:
    """Compare the jobs of a sweep, also while it runs, or all runs below a folder."""
    runs(folder, Output(quiet, as_json))


def runs(folder: Path, output: Output) -> None:
    """Writes a table or JSON to stdout; the folder is left as it is.

    Raises:
        ConfigError: There is no run in it.
    """
    from colactl.sweeping.results.files import find

    results = find(folder, output.talk)
    if output.as_json:
        output.json(results.as_json())
    else:
        output.text(*tables(results, best_first=results.is_sweep))


def tables(results: Results, best_first: bool, limit: int | None = None) -> Iterator[RenderableType]:
    """The jobs, their groups where any has several, and which is best.

    Args:
        results: Of a sweep, or of any runs.
        best_first: Whether the jobs are sorted by the objective.
        limit: How many jobs to show at most.
    """
    from colactl.shell import relative
    from colactl.sweeping.results import compare

    objective, common = results.objective, compare.shared(results.jobs)
    jobs = compare.best_first(results.jobs, objective) if best_first else results.jobs
    yield _jobs(jobs[:limit], objective, common)
    if limit is not None and len(jobs) > limit:
        yield f"and {len(jobs) - limit} more, in {relative(results.folder)}/results.csv"
    if any(len(group.jobs) > 1 for group in results.groups):
        yield _groups(results.groups, objective, common)
    job, group = compare.best(results.jobs, objective), compare.best_group(results.groups, objective)
    if job is not None:
        value = objective.shown(objective.of(job))
        yield f"best: job {job.index}, {objective.name} {value}, {relative(Path(job.folder))}"
    if group is not None:
        name = " ".join(group.overrides) or f"job {group.jobs[0]} and its like"
        yield f"best over seeds: {name}, mean {objective.name} {objective.shown(group.mean)} of {group.n}"


def _jobs(jobs: Sequence[Row], objective: Objective, common: set[str]) -> Table:
    from colactl.shell import relative
    from colactl.sweeping.results.compare import Objective

    metrics = [Objective(metric) for metric in dict.fromkeys([objective.metric, *METRICS])]
    names = [metric.name for metric in metrics]
    table = plain_table("job", "overrides", "status", *names, "folder", text_columns=TEXTS, narrowest=NARROWEST)
    for job in jobs:
        status = "pruned" if job.value("pruned") else job.status
        table.add_row(
            str(job.index),
            _without(job.overrides, common),
            f"{status}, degenerate" if job.degenerate else status,
            *(metric.shown(metric.of(job)) for metric in metrics),
            "\n".join(filter(None, [relative(Path(job.folder)), job.error])),
        )
    return table


def _groups(groups: Sequence[Group], objective: Objective, common: set[str]) -> Table:
    names = ("but for the seed", "n", f"mean {objective.name}", "std", "min", "max", "jobs")
    table = plain_table(*names, text_columns=TEXTS, narrowest=NARROWEST)
    table.columns[1].min_width = None  # a count is short
    for group in sorted(groups, key=lambda group: objective.goodness(group.mean), reverse=True):
        values = map(objective.shown, (group.mean, group.std, group.min, group.max))
        jobs = ", ".join(map(str, group.jobs)) + (" (degenerate)" if group.degenerate else "")
        table.add_row(_without(group.overrides, common) or "-", str(group.n), *values, jobs)
    return table


def _without(overrides: Sequence[str], common: set[str]) -> str:
    """The overrides without those that all jobs have."""
    return " ".join(text for text in overrides if text not in common)
