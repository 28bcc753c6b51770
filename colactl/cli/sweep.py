"""colactl sweep: many runs, on one of Hydra's launchers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set
from colactl.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omegaconf import DictConfig

    from colactl.sweeping.plan import Job
    from colactl.sweeping.policy import Policy
    from colactl.sweeping.sweep import PlannedJob, Sweep

SHOWN = ("index", "overrides", "config_hash", "folder")  # of a job that has not run

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the jobs, start and write nothing.")]
Multirun = Annotated[bool, typer.Option("--multirun", "-m", hidden=True, help="Hydra's habit; a sweep always is one.")]
Resume = Annotated[
    Path | None, typer.Option("--resume", metavar="SWEEP", help="Run the jobs of a sweep that are not done.")
]
Retries = Annotated[int, typer.Option("--retries", metavar="N", min=0, help="Times that a failed job is tried again.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Start no more jobs once one has failed.")]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="The longest that one job may take.")
]


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    resumed: Resume = None,
    dry_run: DryRun = False,
    retries: Retries = 0,
    fail_fast: FailFast = False,
    timeout: Timeout = None,
    as_json: Json = False,
    quiet: Quiet = False,
    multirun: Multirun = False,  # noqa: ARG001 - accepted, as a sweep always is one
) -> None:
    """Train once for every combination of values; writes the sweep's folder to stdout."""
    from colactl.sweeping.policy import Policy

    request, output = Request.of(overrides, assignments, config_name, config_dir), Output(quiet)
    policy = Policy(retries, fail_fast, timeout)
    if resumed is not None:
        resume(resumed, request, output, policy, dry_run=dry_run, as_json=as_json)
    else:
        sweep(request, output, policy, dry_run=dry_run, as_json=as_json)


def sweep(request: Request, output: Output, policy: Policy, *, dry_run: bool = False, as_json: bool = False) -> None:
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

    from colactl.sweeping.freeze import freeze, new_folder
    from colactl.sweeping.sweep import Sweep

    made = Sweep(new_folder(*sweep_folder(planned.composed)))
    with made.held():
        freeze(planned, made, request.overrides, request.config_name, request.config_dirs)
        run(made, list(made.jobs()), planned.composed.hydra.launcher, policy, output, as_json)


def resume(
    folder: Path, request: Request, output: Output, policy: Policy, *, dry_run: bool = False, as_json: bool = False
) -> None:
    """Runs those jobs of a sweep that are not done.

    Raises:
        ConfigError: There is no sweep, another process runs it, or it is not the one that is asked for.
        SweepError: Some jobs failed.
    """
    from colactl.sweeping.resume import launcher_for, unfinished
    from colactl.sweeping.sweep import Sweep

    found = Sweep(folder.expanduser().absolute())
    launcher = launcher_for(found, request.overrides, request.config_name, request.config_dirs)
    if dry_run:
        _show_jobs(unfinished(found), output, as_json)
        return
    with found.held():
        run(found, unfinished(found), launcher, policy, output, as_json)


def run(
    sweep: Sweep, jobs: Sequence[PlannedJob], launcher: DictConfig, policy: Policy, output: Output, as_json: bool
) -> None:
    """Runs jobs of a sweep, and tells what became of all.

    Raises:
        SweepError: Some did not end well.
        Interrupted: Ctrl-C or SIGTERM.
    """
    from colactl.sweeping import results

    output.talk(f"{len(jobs)} to run")
    if jobs:
        from colactl.sweeping.launch import launch

        try:
            launch(sweep, jobs, launcher, policy, output.talk)
        finally:
            rows = results.read(sweep.folder)
            results.write(sweep.folder, rows)
    rows = results.read(sweep.folder)
    output.talk(_table(results.best_first(rows)))
    if as_json:
        output.json({"folder": str(sweep.folder), "jobs": rows})
    else:
        output.data(str(sweep.folder))
    _raise_for_failures(rows, sweep)


def _show_jobs(jobs: Sequence[Job | PlannedJob], output: Output, as_json: bool) -> None:
    if as_json:
        output.json([{key: getattr(job, key) for key in SHOWN} for job in jobs])
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


def _raise_for_failures(rows: list[dict[str, Any]], sweep: Sweep) -> None:
    from colactl.errors import SweepError
    from colactl.sweeping.sweep import LAUNCHER_LOG

    failed = [job for job in rows if job["status"] != "done"]
    if failed:
        log = sweep.folder / LAUNCHER_LOG
        logs = [log] if log.exists() and log.stat().st_size else [f"{job['folder']}/train.log" for job in failed[:3]]
        where = "\n".join(f"  {log}" for log in logs)
        raise SweepError(f"{len(failed)} of {len(rows)} jobs did not end well.", f"See why in\n{where}")
