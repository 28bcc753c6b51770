"""colactl sweep: many runs, on one of Hydra's launchers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colactl.cli import complete, outcome
from colactl.cli import search as searching
from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set
from colactl.cli.output import Output
from colactl.cli.search import Wanted
from colactl.errors import ConfigError
from colactl.shell import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omegaconf import DictConfig

    from colactl.sweeping.launch import Slot
    from colactl.sweeping.planning.planned_job import PlannedJob
    from colactl.sweeping.policy import Policy
    from colactl.sweeping.sweep import Sweep

SHOWN = ("index", "overrides", "config_hash", "folder")  # of a job that has not run

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the jobs, start and write nothing.")]
Multirun = Annotated[bool, typer.Option("--multirun", "-m", hidden=True, help="Hydra's habit; a sweep always is one.")]
Resume = Annotated[
    Path | None,
    typer.Option("--resume", metavar="SWEEP", help="Run the jobs that are not done.", autocompletion=complete.sweep),
]
Retries = Annotated[int, typer.Option("--retries", metavar="N", min=0, help="Times that a failed job is tried again.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Start no more jobs once one has failed.")]
Timeout = Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="The most for one job.")]


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
    trials: searching.Trials = None,
    sampler: searching.Sampler = None,
    pruner: searching.Pruner = None,
    objective: searching.Objective = None,
    storage: searching.Storage = None,
    study_name: searching.StudyName = None,
    as_json: Json = False,
    quiet: Quiet = False,
    multirun: Multirun = False,  # noqa: ARG001 - accepted, as a sweep always is one
) -> None:
    """Train once for every combination of values; writes the sweep's folder to stdout."""
    from colactl.sweeping.policy import Policy

    request, output = Request.of(overrides, assignments, config_name, config_dir), Output(quiet)
    policy = Policy(retries, fail_fast, timeout)
    wanted = Wanted(trials, sampler, pruner, objective, storage, study_name).checked(resumed is not None)
    if resumed is not None:
        resume(resumed, request, output, policy, wanted, dry_run, as_json)
    elif trials is not None:
        searching.search(request, output, policy, wanted, dry_run=dry_run, as_json=as_json)
    else:
        sweep(request, output, policy, dry_run=dry_run, as_json=as_json)


def sweep(request: Request, output: Output, policy: Policy, *, dry_run: bool = False, as_json: bool = False) -> None:
    """Plans, launches and tells what became of the jobs.

    Raises:
        ConfigError: A job's config is wrong; nothing was started.
        SweepError: Some jobs failed; the others' results are there.
    """
    from colactl.cli.progress import working
    from colactl.sweeping.planning.jobs import plan

    searching.refuse_intervals(request)
    with working(output, "Planning the jobs"):
        planned = plan(request.overrides, request.config_name, request.config_dirs)
    if dry_run:
        _show_jobs(planned.jobs, output, as_json)
        return
    from colactl.sweeping.whole import begun

    with begun(planned, request.overrides, request.config_name, request.config_dirs) as made:
        run(made, list(made.jobs()), planned.composed.hydra.launcher, policy, output, as_json)


def resume(
    folder: Path, request: Request, output: Output, policy: Policy, wanted: Wanted, dry_run: bool, as_json: bool
) -> None:
    """Runs those jobs of a sweep that are not done.

    Raises:
        ConfigError: There is no sweep, another process runs it, or it is not the one that is asked for.
        SweepError: Some jobs failed, or still run in other processes.
    """
    from colactl.runs.state import STATUS
    from colactl.sweeping.resume import free, launcher_for, unfinished
    from colactl.sweeping.sweep import Sweep

    if (folder.expanduser() / STATUS).exists():
        raise ConfigError(f"{folder} holds one run.", f"Go on with: colactl train --resume {quoted(str(folder))}")
    found = Sweep(folder.expanduser().absolute())
    launcher = launcher_for(found, request.overrides, request.config_name, request.config_dirs)
    if found.searches or wanted.trials or wanted.storage:
        searching.resume(found, launcher, wanted, policy, output, dry_run=dry_run, as_json=as_json)
    elif dry_run:
        _show_jobs(unfinished(found), output, as_json)
    else:
        with found.held():
            run(found, free(found, unfinished(found), output.talk), launcher, policy, output, as_json)


def run(
    sweep: Sweep, jobs: Sequence[PlannedJob | Slot], launcher: DictConfig, policy: Policy, output: Output, as_json: bool
) -> None:
    """Runs jobs of a sweep, and tells what became of all.

    Raises:
        SweepError: Some did not end well.
        Interrupted: Ctrl-C or SIGTERM.
    """
    from colactl.sweeping.results.files import leave
    from colactl.sweeping.results.ledger import Watcher, objective_of
    from colactl.tasks.provenance import shown

    output.talk(f"{len(jobs)} to run in {shown(sweep.folder)}")
    try:
        if jobs:
            from colactl.cli.live import Live
            from colactl.sweeping.launch import launch

            watcher = Watcher(sweep.folder, sum(job.index < 0 for job in jobs))
            with Live(output, watcher, objective=objective_of(sweep.folder)) as live:
                launch(sweep, jobs, launcher, policy, live.talk)
    finally:
        found = leave(sweep.folder, output.talk)
    outcome.conclude(found, output)
    if as_json:
        output.json(found.as_json())
    else:
        output.data(str(sweep.folder))
    outcome.raise_for_failures(found.jobs, sweep)


def _show_jobs(jobs: Sequence[PlannedJob], output: Output, as_json: bool) -> None:
    if as_json:
        output.json([{key: getattr(job, key) for key in SHOWN} for job in jobs])
    else:
        output.data("\n".join(f"{job.index}: {' '.join(job.overrides)}" for job in jobs))
