"""colactl sweep: many runs, on one of Hydra's launchers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set
from colactl.cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

    from colactl.sweeping.plan import Job

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the jobs, start and write nothing.")]
Multirun = Annotated[bool, typer.Option("--multirun", "-m", hidden=True, help="Hydra's habit; a sweep always is one.")]


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    multirun: Multirun = False,  # noqa: ARG001 - accepted, as a sweep always is one
) -> None:
    """Train once for every combination of values; writes the sweep's folder to stdout."""
    request = Request.of(overrides, assignments, config_name, config_dir)
    sweep(request, Output(quiet), dry_run=dry_run, as_json=as_json)


def sweep(request: Request, output: Output, *, dry_run: bool = False, as_json: bool = False) -> None:
    """Plans, launches and tells what became of the jobs.

    Raises:
        ConfigError: A job's config is wrong; nothing was started.
        SweepError: Some jobs failed; the others' results are there.
    """
    from colactl.composition.folders import sweep_folder
    from colactl.sweeping.plan import plan

    planned = plan(request.overrides, request.config_name, request.config_dirs)
    if dry_run:
        _show_jobs(planned.jobs, output, as_json)
        return

    from colactl.sweeping import launch, results

    output.talk(f"{len(planned.jobs)} jobs")
    folder = launch.launch(planned, *sweep_folder(planned.composed))
    jobs = results.read(folder)
    results.write(folder, jobs)
    output.talk(_table(results.best_first(jobs)))
    if as_json:
        output.json({"folder": str(folder), "jobs": jobs})
    else:
        output.data(str(folder))
    _raise_for_failures(jobs, folder / launch.LOG)


def _show_jobs(jobs: tuple[Job, ...], output: Output, as_json: bool) -> None:
    if as_json:
        output.json([job.as_json() for job in jobs])
    else:
        output.data("\n".join(f"{job.index}: {' '.join(job.overrides)}" for job in jobs))


def _table(jobs: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table("job", "overrides", "status", "MCC", "accuracy", "seconds", "folder", title="best first")
    shared = set.intersection(*(set(job["overrides"]) for job in jobs)) if len(jobs) > 1 else set()
    for job in jobs:
        own = " ".join(text for text in job["overrides"] if text not in shared)
        result = job["result"] or {}
        figures = [_figure(result.get("mcc"), 3), _figure(result.get("accuracy"), 3), _figure(result.get("seconds"), 1)]
        where = os.path.relpath(job["folder"])
        table.add_row(
            str(job["index"]), own, job["status"], *figures, f"{where}\n{job['error']}" if job["error"] else where
        )
    return table


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _raise_for_failures(jobs: list[dict[str, Any]], launcher_log: Path) -> None:
    from colactl.errors import SweepError

    failed = [job for job in jobs if job["status"] != "done"]
    if failed:
        logs = [launcher_log] if launcher_log.exists() else [f"{job['folder']}/train.log" for job in failed[:3]]
        where = "\n".join(f"  {log}" for log in logs)
        raise SweepError(f"{len(failed)} of {len(jobs)} jobs did not end well.", f"See why in\n{where}")
