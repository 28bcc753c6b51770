"""colactl sweep --trials: a sweep whose jobs are drawn one after the other, each from what those before it came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from colactl.cli.options import Request
from colactl.cli.output import Output
from colactl.errors import ConfigError, SweepError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from colactl.sweeping.policy import Policy
    from colactl.sweeping.search.frozen import Search
    from colactl.sweeping.sweep import Sweep

Trials = Annotated[
    int | None, typer.Option("--trials", metavar="N", min=1, help="Search with Optuna, with so many jobs in all.")
]
Sampler = Annotated[
    Literal["tpe", "random", "grid", "cmaes", "qmc"] | None,
    typer.Option("--sampler", help="How a search draws values.", show_default="tpe"),
]
Pruner = Annotated[
    Literal["none", "median", "hyperband"] | None,
    typer.Option("--pruner", help="How a search ends bad jobs while they run.", show_default="none"),
]
Objective = Annotated[
    str | None,
    typer.Option("--objective", metavar="FIGURE", help="What a search is for.", show_default="mcc"),
]
Storage = Annotated[
    str | None,
    typer.Option("--storage", metavar="URL", help="A database that several machines search in, as Optuna names it."),
]
StudyName = Annotated[
    str | None, typer.Option("--study-name", metavar="NAME", help="The study's name; who shares it shares its trials.")
]


@dataclass(frozen=True)
class Wanted:
    """What was typed about a search; None where nothing was."""

    trials: int | None = None
    sampler: str | None = None
    pruner: str | None = None
    objective: str | None = None
    storage: str | None = None
    study: str | None = None

    def checked(self, resumed: bool) -> Wanted:
        """The same, if every option has an effect.

        Raises:
            ConfigError: One has none.
        """
        names = {"study": "--study-name"}
        typed = [name for name, value in asdict(self).items() if value is not None]
        stray = [name for name in typed if name not in ("trials", "storage")] if resumed else typed
        if stray and (resumed or self.trials is None):
            options = ", ".join(names.get(name, f"--{name}") for name in stray)
            told = "is as it was when the search began" if resumed else "is for a search"
            raise ConfigError(f"{options} {told}.", "Leave it out." if resumed else "Add --trials N.")
        return self


def search(
    request: Request, output: Output, policy: Policy, wanted: Wanted, *, dry_run: bool = False, as_json: bool = False
) -> None:
    """Checks the space, launches and tells what became of the trials.

    Raises:
        ConfigError: A value of a parameter is wrong, or the options are; nothing was started.
        SweepError: Some trials failed; the others' results are there.
    """
    from colactl.composition.folders import sweep_folder
    from colactl.sweeping.search.options import Options, require_optuna
    from colactl.sweeping.search.prepare import prepare

    options = Options(**{name: value for name, value in asdict(wanted).items() if value is not None})
    composed, prepared = prepare(options, request.overrides, request.config_name, request.config_dirs)
    if dry_run:
        _show(prepared, output, as_json)
        return

    require_optuna()
    from colactl.sweeping.freeze import new_folder
    from colactl.sweeping.search.study import begin, with_storage
    from colactl.sweeping.sweep import Sweep

    prepared = with_storage(prepared)
    sweep = Sweep(new_folder(*sweep_folder(composed)))
    with sweep.held():
        begin(composed, prepared, sweep, request.overrides, request.config_name, request.config_dirs)
        _run(sweep, composed.hydra.launcher, policy, output, as_json)


def resume(
    sweep: Sweep,
    launcher: DictConfig,
    wanted: Wanted,
    policy: Policy,
    output: Output,
    *,
    dry_run: bool = False,
    as_json: bool = False,
) -> None:
    """Goes on with a search up to its number of trials, or to a new one.

    Raises:
        ConfigError: The sweep is no search, another process runs it, or its study is not to be had.
        SweepError: Some trials failed.
    """
    from colactl.sweeping.search.frozen import Search
    from colactl.sweeping.search.options import require_optuna

    changed = {name: value for name, value in asdict(wanted).items() if value is not None}
    found = Search.read(sweep.folder)
    found = replace(found, options=replace(found.options, **changed))
    if dry_run:
        _show(found, output, as_json)
        return

    require_optuna()
    from colactl.sweeping.search.study import with_storage

    with sweep.held():
        if changed:
            with_storage(found).write(sweep.folder)
        _run(sweep, launcher, policy, output, as_json)


def refuse_intervals(request: Request) -> None:
    """Refuses what only a search can draw from.

    Raises:
        ConfigError: An override has no end of values.
    """
    from colactl.composition.overrides import sound
    from colactl.shell import joined

    endless = [str(each.input_line) for each in sound(request.overrides) if each.is_interval_sweep()]
    if endless:
        words = [*request.command("sweep", "--trials", "20")]
        words += [word for text in request.overrides for word in ("--set", text)]
        raise ConfigError(f"{' and '.join(endless)}: only a search draws from it.", f"Type: {joined(words)}")


def _run(sweep: Sweep, launcher: DictConfig, policy: Policy, output: Output, as_json: bool) -> None:
    from colactl.cli.sweep import run
    from colactl.sweeping.launch import Slot
    from colactl.sweeping.resume import free, resume_command
    from colactl.sweeping.search.trials import Trials
    from colactl.sweeping.sweep import LAUNCHER_LOG

    trials = Trials(sweep)
    trials.free_slots()
    slots = [Slot(-1 - place) for place in range(trials.left())]
    begun = free(sweep, trials.unfinished(), output.talk)
    trials.unfinished()  # tells the study of those that have ended meanwhile
    run(sweep, [*begun, *slots], launcher, policy, output, as_json)
    if slots and (left := Trials(sweep).left()):
        again = f"See why in\n  {sweep.folder / LAUNCHER_LOG}\nand go on with: {resume_command(sweep.folder)}"
        raise SweepError(f"{left} of {trials.search.total} trials did not begin.", again)


def _show(search: Search, output: Output, as_json: bool) -> None:
    options = asdict(search.options) | {"trials": search.total, "direction": search.options.direction}
    if as_json:
        output.json({**options, "space": [asdict(each) for each in search.space]})
    else:
        to = f"{search.total} trials, to {search.options.direction} {search.options.objective}, over"
        output.data("\n".join([to, *(str(each) for each in search.space)]))
