"""What a sweep leaves in its folder when it ends: results.json, results.csv and plots."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from colactl.errors import ConfigError, first_line
from colactl.runs.files import read_json, write_json, write_text
from colactl.sweeping.objective import MCC, Objective
from colactl.sweeping.results.compare import Row, degenerate
from colactl.sweeping.results.ledger import Results, results_of
from colactl.sweeping.sweep import PLOTS, RESULTS, TABLE

FIGURES = ("mcc", "accuracy", "f1", "loss", "seconds")  # of result.json, those that compare jobs at a glance
ENDS = ("exit_code", "signal", "error", "folder")


def written(results: Results) -> bool:
    """Whether the sweep's folder says so already: a sweep may be killed after its last job."""
    try:
        return read_json(results.folder / RESULTS) == results.as_json()
    except ConfigError:  # not ours, or broken
        return False


def write(results: Results) -> str | None:
    """Writes `results.json`, `results.csv` and `plots/` into the sweep's folder.

    Returns:
        Why something could not be written, if so, for the user: without plots the results are there all the same.
    """
    trouble = None
    try:
        from colactl.sweeping.results.plots import draw

        draw(results.folder / PLOTS, results.jobs, results.groups, results.objective)
    except Exception as error:  # whatever a library says about a picture, the figures matter more
        trouble = f"The plots could not be drawn: {first_line(error)}"
    try:
        write_text(results.folder / TABLE, as_csv(results.jobs, results.objective))
        write_json(results.folder / RESULTS, results.as_json())  # last: see `written`
    except OSError as error:  # how the jobs ended is in their folders, and matters more
        return f"The results could not be written: {error}"
    return trouble


def leave(folder: Path, tell: Callable[[str], None]) -> Results:
    """Reads what became of a sweep, and writes it into its folder unless it is there.

    Args:
        folder: The sweep's.
        tell: Is given a sentence where something cannot be written.
    """
    results = results_of(folder)
    if not written(results) and (trouble := write(results)):
        tell(trouble)
    return results


def as_csv(jobs: list[Row], objective: Objective = MCC) -> str:
    """The jobs as CSV: index, a column for each swept parameter, status, figures and how the job ended."""
    from colactl.sweeping.results.parameters import swept

    parameters = swept(jobs)
    names = list(dict.fromkeys([*FIGURES, objective.figure]))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["index", *parameters, "status", *names, "degenerate", *ENDS])
    for job, *values in zip(jobs, *parameters.values(), strict=True):
        result = job["result"] or {}
        figures = [result.get(figure) for figure in names]
        marked = degenerate(job) if job["result"] else None
        rows.writerow([job["index"], *values, job["status"], *figures, marked, *(job[end] for end in ENDS)])
    return text.getvalue()
