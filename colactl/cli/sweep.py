"""colactl sweep: many runs on one of Hydra's launchers, over given values or, with --trials, over a search's."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set, set_words
from colactl.cli.output import Output
from colactl.errors import ConfigError, SweepError
from colactl.shell import joined, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from omegaconf import DictConfig

    from colactl.sweeping.folder import Sweep
    from colactl.sweeping.launch import Policy, Slot
    from colactl.sweeping.planned import PlannedJob
    from colactl.sweeping.search.definition import Search

SHOWN = ("index", "overrides", "config_hash", "folder")  # of a job that has not run

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the jobs, start and write nothing.")]
Multirun = Annotated[bool, typer.Option("--multirun", "-m", hidden=True, help="As in Hydra; a sweep always is one.")]
Resume = Annotated[
    Path | None,
    typer.Option("--resume", metavar="SWEEP", help="Run the jobs that are not done.", autocompletion=complete.sweep),
]
Retries = Annotated[int, typer.Option("--retries", metavar="N", min=0, help="Times that a failed job is tried again.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Start no more jobs once one has failed.")]
Timeout = Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="The most for one job.")]
Trials = Annotated[
    int | None, typer.Option("--trials", metavar="N", min=1, help="Search with Optuna, with N jobs in all.")
]
Sampler = Annotated[
    Literal["tpe", "random", "grid", "cmaes", "qmc"] | None,
    typer.Option("--sampler", help="How a search draws values.", show_default="tpe"),
]
Pruner = Annotated[
    Literal["none", "median", "hyperband"] | None,
    typer.Option("--pruner", help="How a search stops bad jobs while they run.", show_default="none"),
]
Objective = Annotated[
    str | None,
    typer.Option("--objective", metavar="METRIC", help="What a search optimizes.", show_default="mcc"),
]
Storage = Annotated[
    str | None,
    typer.Option("--storage", metavar="URL", help="A database that several machines search in, as Optuna names it."),
]
StudyName = Annotated[
    str | None,
    typer.Option("--study-name", metavar="NAME", help="The study's name; machines that share it share its trials."),
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
    trials: Trials = None,
    sampler: Sampler = None,
    pruner: Pruner = None,
    objective: Objective = None,
    storage: Storage = None,
    study_name: StudyName = None,
    as_json: Json = False,
    quiet: Quiet = False,
    multirun: Multirun = False,  # noqa: ARG001 - accepted, as a sweep always is one
) -> None:
    """Train once for every combination of values; writes the sweep's folder to stdout."""
    from colactl.sweeping.launch import Policy

    request, output = Request.of(overrides, assignments, config_name, config_dir), Output(quiet, as_json)
    policy = Policy(retries, fail_fast, timeout)
    options = search_options(resumed is not None, trials, sampler, pruner, objective, storage, study_name)
    if resumed is not None:
        resume(resumed, request, output, policy, options, dry_run)
    elif options:
        search(request, output, policy, options, dry_run)
    else:
        sweep(request, output, policy, dry_run)


def search_options(
    resumed: bool,
    trials: int | None,
    sampler: str | None,
    pruner: str | None,
    objective: str | None,
    storage: str | None,
    study: str | None,
) -> dict[str, Any]:
    """Those fields of the search's `Options` that were typed.

    Raises:
        ConfigError: One of them has no effect.
    """
    fields = {"trials": trials, "sampler": sampler, "pruner": pruner, "objective": objective, "storage": storage}
    typed = {name: value for name, value in (fields | {"study": study}).items() if value is not None}
    ignored = [name for name in typed if name not in ("trials", "storage")] if resumed else list(typed)
    if ignored and (resumed or trials is None):
        names = ", ".join("--study-name" if name == "study" else f"--{name}" for name in ignored)
        why = "is as it was when the search began" if resumed else "is for a search"
        raise ConfigError(f"{names} {why}.", "Leave it out." if resumed else "Add --trials N.")
    return typed


def sweep(request: Request, output: Output, policy: Policy, dry_run: bool = False) -> None:
    """Plans the jobs, launches them and shows how they ended.

    Raises:
        ConfigError: A job's config is wrong; nothing was started.
        SweepError: Some jobs failed; the others' results are there.
    """
    from colactl.sweeping.planning.jobs import plan

    _refuse_intervals(request)
    with output.waiting("Planning the jobs"):
        planned = plan(*request.config)
    if dry_run:
        _show_jobs(planned.jobs, output)
        return
    from colactl.sweeping.launch import begun

    with begun(planned, *request.config) as begun_sweep:
        run(begun_sweep, planned.jobs, planned.composed.hydra.launcher, policy, output)


def search(request: Request, output: Output, policy: Policy, options: dict[str, Any], dry_run: bool = False) -> None:
    """Checks the space of a search, launches its trials and shows how they ended.

    Args:
        request: The config, and the space.
        output: Where the results are shown.
        policy: What is done about jobs that fail.
        options: See `search_options`.
        dry_run: Whether only the space is shown.

    Raises:
        ConfigError: A value of a parameter or an option is wrong; nothing was started.
        SweepError: Some trials failed; the others' results are there.
    """
    from colactl.composition.compose import sweep_folder
    from colactl.sweeping.search.definition import Options
    from colactl.sweeping.search.prepare import prepare, require_optuna

    composed, prepared = prepare(Options(**options), *request.config)
    if dry_run:
        _show_space(prepared, output)
        return
    require_optuna()
    from colactl.sweeping.folder import Sweep, new_folder
    from colactl.sweeping.search.study import begin, with_storage

    prepared = with_storage(prepared)
    begun_sweep = Sweep(new_folder(*sweep_folder(composed)))
    with begun_sweep.held():
        begin(composed, prepared, begun_sweep, *request.config)
        _run_trials(begun_sweep, composed.hydra.launcher, policy, output)


def resume(
    folder: Path, request: Request, output: Output, policy: Policy, options: dict[str, Any], dry_run: bool
) -> None:
    """Runs those jobs of a sweep that are not done; of a search, also the trials up to its number, or a new one.

    Raises:
        ConfigError: There is no sweep, another process runs it, or the overrides ask for another one.
        SweepError: Some jobs failed, or still run in other processes.
    """
    from colactl.runs.run import STATUS
    from colactl.sweeping.folder import Sweep
    from colactl.sweeping.resume import free, launcher_for, unfinished

    if (folder.expanduser() / STATUS).exists():
        raise ConfigError(f"{folder} holds one run.", f"Go on with: colactl train --resume {quoted(str(folder))}")
    resumed = Sweep(folder.expanduser().absolute())
    launcher = launcher_for(resumed, *request.config)
    if resumed.searches or options:
        _resume_search(resumed, launcher, output, policy, options, dry_run)
    elif dry_run:
        _show_jobs(unfinished(resumed), output)
    else:
        with resumed.held():
            run(resumed, free(resumed, unfinished(resumed), output.talk), launcher, policy, output)


def _resume_search(
    resumed: Sweep, launcher: DictConfig, output: Output, policy: Policy, options: dict[str, Any], dry_run: bool
) -> None:
    from colactl.sweeping.search.definition import Search
    from colactl.sweeping.search.prepare import require_optuna

    frozen = Search.read(resumed.folder)
    frozen = replace(frozen, options=replace(frozen.options, **options))
    if dry_run:
        _show_space(frozen, output)
        return
    require_optuna()
    from colactl.sweeping.search.study import with_storage

    with resumed.held():
        if options:
            with_storage(frozen).write(resumed.folder)
        _run_trials(resumed, launcher, policy, output)


def _run_trials(sweep: Sweep, launcher: DictConfig, policy: Policy, output: Output) -> None:
    from colactl.sweeping.folder import resume_command
    from colactl.sweeping.launch import Slot
    from colactl.sweeping.names import LAUNCHER_LOG
    from colactl.sweeping.resume import free
    from colactl.sweeping.search.trials import Trials

    trials = Trials(sweep)
    trials.free_slots()
    slots = [Slot(-1 - place) for place in range(trials.left())]
    begun = free(sweep, trials.unfinished(), output.talk)
    trials.unfinished()  # tells the study of those that have ended meanwhile
    run(sweep, [*begun, *slots], launcher, policy, output)
    if slots and (left := Trials(sweep).left()):
        hint = f"See why in\n  {sweep.folder / LAUNCHER_LOG}\nand go on with: {resume_command(sweep.folder)}"
        raise SweepError(f"{left} of {trials.search.total} trials did not begin.", hint)


def run(sweep: Sweep, jobs: Sequence[PlannedJob | Slot], launcher: DictConfig, policy: Policy, output: Output) -> None:
    """Runs jobs of a sweep, shows them while they run, and shows at the end how all of its jobs ended.

    Raises:
        SweepError: Some did not end well.
        Interrupted: Ctrl-C or SIGTERM.
    """
    from colactl.cli.sweep_display import raise_for_failures, show_end
    from colactl.shell import relative
    from colactl.sweeping import launch

    output.talk(f"{len(jobs)} to run in {relative(sweep.folder)}")
    results = launch.run(sweep, jobs, launcher, policy, output.talk, _live(sweep, jobs, output))
    show_end(results, output)
    if output.as_json:
        output.json(results.as_json())
    else:
        output.data(str(sweep.folder))
    raise_for_failures(results.jobs, sweep)


@contextmanager
def _live(sweep: Sweep, jobs: Sequence[PlannedJob | Slot], output: Output) -> Iterator[Callable[[str], None]]:
    """Shows the jobs while they run."""
    from colactl.cli.sweep_display import Live
    from colactl.sweeping.results.files import objective_of
    from colactl.sweeping.results.progress import Watcher

    watcher = Watcher(sweep.folder, sum(job.index < 0 for job in jobs))
    with Live(output, watcher, objective=objective_of(sweep.folder)) as live:
        yield live.talk


def _refuse_intervals(request: Request) -> None:
    """Refuses overrides that only a search can draw from."""
    from colactl.composition.overrides import sound

    intervals = [str(override.input_line) for override in sound(request.overrides) if override.is_interval_sweep()]
    if intervals:
        words = [*request.command("sweep", "--trials", "20"), *set_words(request.overrides)]
        raise ConfigError(f"{' and '.join(intervals)}: only a search draws from it.", f"Type: {joined(words)}")


def _show_jobs(jobs: Sequence[PlannedJob], output: Output) -> None:
    if output.as_json:
        output.json([{key: getattr(job, key) for key in SHOWN} for job in jobs])
    else:
        output.data("\n".join(f"{job.index}: {' '.join(job.overrides)}" for job in jobs))


def _show_space(search: Search, output: Output) -> None:
    options = search.options
    if output.as_json:
        fields = asdict(options) | {"trials": search.total, "direction": options.direction}
        output.json({**fields, "space": [asdict(parameter) for parameter in search.space]})
    else:
        heading = f"{search.total} trials, to {options.direction} {options.objective}, over"
        output.data("\n".join([heading, *map(str, search.space)]))
