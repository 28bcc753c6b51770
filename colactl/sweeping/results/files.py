"""The results of a sweep together, and what it leaves of them in its folder: results.json, results.csv and plots."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from colactl.errors import ConfigError, first_line
from colactl.runs.files import read_json, write_json, write_text
from colactl.sweeping.folder import Sweep
from colactl.sweeping.names import PLOTS, RESULTS, TABLE, is_sweep
from colactl.sweeping.results.compare import MCC, Group, Objective, best, groups, swept
from colactl.sweeping.results.rows import Row, find_rows, read_rows

METRICS_SHOWN = ("mcc", "accuracy", "f1", "loss", "seconds")  # of result.json, those that compare jobs at a glance


@dataclass(frozen=True)
class Results:
    """Jobs and how they compare.

    Attributes:
        folder: The sweep's, or the one that the runs were found in; absolute.
        jobs: A row for each job.
        objective: What the jobs compare by: a search's own, or the MCC.
    """

    folder: Path
    jobs: list[Row]
    objective: Objective = MCC

    @cached_property
    def groups(self) -> list[Group]:
        """The jobs that differ only in their seed, together."""
        return groups(self.jobs, self.objective)

    @property
    def is_sweep(self) -> bool:
        """Whether the jobs are those of one sweep."""
        return is_sweep(self.folder)

    def as_json(self) -> dict[str, Any]:
        """As in `--json` and `results.json`; of a search also what it was for, and which job is best."""
        content: dict[str, Any] = {
            "folder": str(self.folder),
            "jobs": [vars(row) for row in self.jobs],
            "groups": [vars(group) for group in self.groups],
        }
        if Sweep(self.folder).searches:
            top = best(self.jobs, self.objective)
            content |= {"objective": self.objective.metric, "direction": self.objective.direction}
            content["best"] = None if top is None else top.index
        return content


def results_of(folder: Path) -> Results:
    """What has become of a sweep so far.

    Args:
        folder: The sweep's.

    Raises:
        ConfigError: The folder holds no sweep.
    """
    return Results(folder, read_rows(folder), objective_of(folder))


def objective_of(folder: Path) -> Objective:
    """What a sweep's jobs compare by."""
    if not Sweep(folder).searches:
        return MCC
    from colactl.sweeping.search.definition import Search

    return Objective(Search.read(folder).options.objective)


def find(folder: Path, warn: Callable[[str], None]) -> Results:
    """The jobs of a sweep, or, of any other folder, every run that is in it or below it.

    Args:
        folder: A sweep's or any other.
        warn: Is given a sentence about each sweep below it whose plan was lost or damaged.

    Returns:
        The rows: a sweep's in its order, others sorted by path and numbered from 0.

    Raises:
        ConfigError: There is no run.
    """
    folder = folder.expanduser().absolute()
    if is_sweep(folder):
        return results_of(folder)
    rows = find_rows(folder, warn)
    if not rows:
        what = "holds no run" if folder.is_dir() else "is no folder"
        raise ConfigError(f"{folder} {what}.", "Give the folder that colactl sweep or colactl train printed.")
    return Results(folder, rows)


def save_results(folder: Path, warn: Callable[[str], None]) -> Results:
    """Reads what became of a sweep, and writes `results.json`, `results.csv` and `plots/` into its folder.

    Nothing is written again where the folder has the same results already: a sweep may be killed after its last job.

    Args:
        folder: The sweep's.
        warn: Is given a sentence where something cannot be written; how the jobs ended is in their folders, and matters
            more.
    """
    results = results_of(folder)
    if _are_saved(results):
        return results
    try:
        from colactl.sweeping.results.plots import draw

        draw(folder / PLOTS, results.jobs, results.groups, results.objective)
    except Exception as error:  # whatever a library says about a plot
        warn(f"The plots could not be drawn: {first_line(error)}")
    try:
        write_text(folder / TABLE, _as_csv(results.jobs, results.objective))
        write_json(folder / RESULTS, results.as_json())
    except OSError as error:
        warn(f"The results could not be written: {error}")
    return results


def _are_saved(results: Results) -> bool:
    try:
        return read_json(results.folder / RESULTS) == results.as_json()  # it is written last
    except ConfigError:  # not ours, or broken
        return False


def _as_csv(jobs: list[Row], objective: Objective) -> str:
    """The jobs as CSV: index, a column for each swept parameter, status, metrics and how the job ended."""
    parameters = swept(jobs)
    metrics = list(dict.fromkeys([*METRICS_SHOWN, objective.metric]))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    header = ["index", *parameters, "status", *metrics, "degenerate", "exit_code", "signal", "error", "folder"]
    table.writerow(header)
    for row, *values in zip(jobs, *parameters.values(), strict=True):
        degenerate = row.degenerate if row.result else None
        end = (row.exit_code, row.signal, row.error, row.folder)
        table.writerow([row.index, *values, row.status, *map(row.value, metrics), degenerate, *end])
    return text.getvalue()
