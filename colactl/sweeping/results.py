"""What became of a sweep's jobs, read back from their folders."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from colactl.runs.files import write_json, write_text
from colactl.runs.run import Run
from colactl.sweeping.sweep import PlannedJob, Sweep

FIGURES = ("mcc", "accuracy", "seconds")  # of result.json, those that compare jobs at a glance


def read(folder: Path) -> list[dict[str, Any]]:
    """The jobs of a sweep, in order.

    Args:
        folder: The sweep's.

    Returns:
        A row a job: index, overrides, status, exit_code, signal, error, folder (absolute) and result.
    """
    sweep = Sweep(folder)
    return [_row(job, sweep.run(job)) for job in sweep.jobs()]


def write(folder: Path, jobs: list[dict[str, Any]]) -> None:
    """Writes `results.json` and `results.csv` into the sweep's folder."""
    write_json(folder / "results.json", {"folder": str(folder), "jobs": jobs})
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["index", "overrides", "status", *FIGURES, "error", "folder"])
    for job in jobs:
        figures = [(job["result"] or {}).get(figure) for figure in FIGURES]
        rows.writerow([job["index"], " ".join(job["overrides"]), job["status"], *figures, job["error"], job["folder"]])
    write_text(folder / "results.csv", text.getvalue())


def best_first(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sorted by MCC, the highest first; jobs without one come last, in order."""
    return sorted(jobs, key=lambda job: -_mcc(job))


def _mcc(job: dict[str, Any]) -> float:
    mcc = (job["result"] or {}).get("mcc")
    return -2.0 if mcc is None else float(mcc)  # below the least that an MCC can be, -1


def _row(job: PlannedJob, run: Run) -> dict[str, Any]:
    state = run.state
    return {
        "index": job.index,
        "overrides": job.overrides,
        "status": run.status,
        "exit_code": run.exit_code,
        "signal": state.signal,
        "error": state.error,
        "folder": str(run.folder),
        "result": run.result,
    }
