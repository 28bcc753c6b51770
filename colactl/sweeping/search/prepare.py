"""Everything about a search that can be wrong, found before anything starts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hydra.types import RunMode
from omegaconf import OmegaConf

from colactl.composition.compose import Composed, compose_in
from colactl.composition.overrides import parse
from colactl.composition.session import hydra_session
from colactl.errors import ConfigError
from colactl.schema.groups import METRICS
from colactl.sweeping.planned import PlannedJob
from colactl.sweeping.planning.expansion import combinations
from colactl.sweeping.planning.jobs import plan_jobs
from colactl.sweeping.results.compare import OBJECTIVES
from colactl.sweeping.search.definition import Base, Options, Search
from colactl.sweeping.search.space import Choice, Parameter, grid_size, read_space
from colactl.tasks import processes_needed

OPTUNA = 5  # the major version
INSTALL = "pip install 'colactl[optuna]'"

Values = Mapping[str, tuple[str, ...]]  # of parameters: what may stand behind the `=`


def require_optuna() -> None:
    """Makes sure that Optuna is installed.

    Raises:
        ConfigError: It is not, or it is too old.
    """
    try:
        installed = version("optuna")
    except PackageNotFoundError as error:
        raise ConfigError("A search needs Optuna, which is not installed.", INSTALL) from error
    if int(installed.partition(".")[0]) < OPTUNA:
        raise ConfigError(f"A search needs Optuna {OPTUNA}, and {installed} is installed.", INSTALL)


def check(options: Options, space: Sequence[Parameter]) -> None:
    """Refuses options that do not go together.

    Raises:
        ConfigError: They do not.
    """
    if options.objective not in OBJECTIVES:
        near = options.objective.lower().rpartition("/")[2]  # valid/mcc is the metric of that name
        hint = f"Did you mean --objective {near}?" if near in OBJECTIVES else f"There are {', '.join(OBJECTIVES)}."
        raise ConfigError(f"No run has a metric {options.objective!r} to search by.", hint)
    if options.pruner != "none" and options.objective not in METRICS:
        hint = f"Leave --pruner out, or search by one of {', '.join(METRICS)}."
        raise ConfigError(f"{options.objective} cannot tell a bad run while it trains.", hint)
    if options.sampler == "grid" and grid_size(space) is None:
        endless = next(parameter for parameter in space if parameter.grid() is None)
        hint = "Give it values, such as choice(...) or range(...), or take another sampler."
        raise ConfigError(f"A grid needs values to try, and {endless.key} is an interval.", hint)
    if options.sampler == "cmaes" and all(isinstance(parameter, Choice) for parameter in space):
        raise ConfigError("cmaes searches numbers, and here all are choices.", "Leave --sampler out: tpe does both.")


def prepare(
    options: Options, overrides: Sequence[str], config_name: str = "config", config_dirs: Sequence[Path | str] = ()
) -> tuple[Composed, Search]:
    """Composes and checks what trials will be made from.

    For every combination of the groups' options, each parameter is tried with every value that it must be valid with,
    the others staying at their first.

    Args:
        options: What was asked for.
        overrides: As typed; those with several values are the space.
        config_name: The primary config.
        config_dirs: The user's folders.

    Returns:
        The config that the trials share, with Hydra's launcher, and the search.

    Raises:
        ConfigError: With all that is wrong.
    """
    space = read_space(overrides, config_dirs)
    check(options, space)
    values = {parameter.key: parameter.representatives() for parameter in space}
    first = {key: texts[:1] for key, texts in values.items()}
    with hydra_session(config_dirs) as session:
        composed = compose_in(session, overrides, config_name, RunMode.MULTIRUN)
        _refuse_other_ways(composed)

        def jobs_of(sweeps: Sequence[Values], together: Values) -> tuple[PlannedJob, ...]:
            own = [job for sweep in sweeps for job in combinations(session, _with_values(composed.overrides, sweep))]
            return plan_jobs(session, composed, _with_values(overrides, together), config_name, own)

        with _faults_of_values():
            (job,) = jobs_of([first], first)
            chosen = {
                parameter.key: values[parameter.key]
                for parameter in space
                if isinstance(parameter, Choice) and _decides(parameter, job)
            }
            others = [first | chosen | {key: texts} for key, texts in values.items() if key not in chosen]
            jobs = jobs_of(others or [first | chosen], values)
    if options.pruner != "none" and any(processes_needed(OmegaConf.create(job.config).training) > 1 for job in jobs):
        raise ConfigError("A run on several devices cannot be pruned.", "Leave --pruner out.")
    epochs = [job.config["training"]["max_epochs"] for job in jobs]
    longest = max(epochs) if all(isinstance(number, int) and number > 0 for number in epochs) else None
    bases = tuple(_bases(jobs, chosen))
    return composed, Search(options, secrets.token_hex(8), jobs[0].config["seed"], longest, space, bases)


def _refuse_other_ways(composed: Composed) -> None:
    if composed.hydra.sweeper.get("params"):
        raise ConfigError("hydra.sweeper.params has no effect on a search.", "Give its values with --set.")
    if any(text.startswith("hydra.sweep.subdir=") for text in composed.hydra_overrides):
        raise ConfigError("The folder of a search's job is its trial's number.", "Leave hydra.sweep.subdir out.")


def _with_values(overrides: Sequence[str], values: Values) -> list[str]:
    """The overrides, with these values of the parameters among them."""
    keys = [(override.get_key_element(), str(override.input_line)) for override in parse(overrides)]
    return [f"{key}={','.join(values[key])}" if key in values else text for key, text in keys]


@contextmanager
def _faults_of_values() -> Iterator[None]:
    """Takes the number of a job, which a search does not have, out of its faults."""
    try:
        yield
    except ConfigError as error:
        if not error.faults:
            raise
        faults = tuple(re.sub(r"^Job \d+:? ", "", fault) for fault in error.faults)
        raise ConfigError("Some values of this search cannot be used:", "Nothing was started.", faults) from error


def _decides(parameter: Choice, job: PlannedJob) -> bool:
    """Whether a config is composed anew for each value of a parameter, and not merely changed at one place."""
    if parameter.key.lstrip("+") in job.choices:
        return True
    overrides = parse([f"{parameter.key}={text}" for text in parameter.choices])
    return any(isinstance(override.value(), dict) for override in overrides)


def _bases(jobs: Iterable[PlannedJob], chosen: Values) -> Iterator[Base]:
    """What the jobs of each combination of choices have in common."""
    by_choices: dict[tuple[str, ...], list[PlannedJob]] = {}
    for job in jobs:
        choices = tuple(text for text in job.overrides if text.partition("=")[0] in chosen)
        by_choices.setdefault(choices, []).append(job)
    for choices, alike in by_choices.items():
        if len({job.config["training"]["threads"] for job in alike}) > 1:
            raise ConfigError("training.threads: auto would differ between trials.", "Set it: training.threads=1")
        fixed = [pair for pair in alike[0].values if all(pair in job.values for job in alike)]
        yield Base(dict(text.split("=", 1) for text in choices), replace(alike[0], values=fixed))
