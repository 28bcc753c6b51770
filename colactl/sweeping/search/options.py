"""How a search goes about it, and which ways do not go together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from colactl.errors import ConfigError
from colactl.schema.choices import METRICS
from colactl.sweeping.results.compare import OBJECTIVES, Objective
from colactl.sweeping.search.space import Choice, Parameter

OPTUNA = 5  # the major version
INSTALL = "pip install 'colactl[optuna]'"
SAMPLERS = ("tpe", "random", "grid", "cmaes", "qmc")
PRUNERS = ("none", "median", "hyperband")


@dataclass(frozen=True)
class Options:
    """What `colactl sweep --trials` was asked for.

    Attributes:
        trials: How many the study is to have in all.
        objective: The figure of result.json that is to be as good as can be.
        sampler: One of `SAMPLERS`.
        pruner: One of `PRUNERS`.
        storage: An Optuna storage URL, or the path of a journal file; None is a journal in the sweep's folder.
        study: Its name; None is the name of the sweep's folder.
    """

    trials: int
    objective: str = "mcc"
    sampler: str = "tpe"
    pruner: str = "none"
    storage: str | None = None
    study: str | None = None

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """What is better, less or more; in Optuna's words."""
        return Objective(self.objective).direction


def check(options: Options, space: Sequence[Parameter]) -> None:
    """Refuses what cannot be searched for, or not in that way.

    Raises:
        ConfigError: It cannot.
    """
    if options.objective not in OBJECTIVES:
        near = options.objective.lower().rpartition("/")[2]  # valid/mcc is the metric of that name
        hint = f"Did you mean --objective {near}?" if near in OBJECTIVES else f"There are {', '.join(OBJECTIVES)}."
        raise ConfigError(f"No run has a figure {options.objective!r} to search by.", hint)
    if options.pruner != "none" and options.objective not in METRICS:
        hint = f"Leave --pruner out, or search by one of {', '.join(METRICS)}."
        raise ConfigError(f"{options.objective} cannot tell a bad run while it trains.", hint)
    if options.sampler == "grid" and grid_size(space) is None:
        endless = next(each for each in space if each.grid() is None)
        hint = "Give it values, such as choice(...) or range(...), or take another sampler."
        raise ConfigError(f"A grid needs values to try, and {endless.key} is an interval.", hint)
    if options.sampler == "cmaes" and all(isinstance(each, Choice) for each in space):
        raise ConfigError("cmaes searches numbers, and here all are choices.", "Leave --sampler out: tpe does both.")


def grid_size(space: Sequence[Parameter]) -> int | None:
    """How many combinations of values there are; None where there is no end of them."""
    sizes = [None if (values := each.grid()) is None else len(values) for each in space]
    return None if None in sizes else math.prod(size for size in sizes if size is not None)


def require_optuna() -> None:
    """Makes sure that Optuna is there.

    Raises:
        ConfigError: It is not, or it is too old.
    """
    try:
        found = version("optuna")
    except PackageNotFoundError as error:
        raise ConfigError("A search needs Optuna, which is not installed.", INSTALL) from error
    if int(found.partition(".")[0]) < OPTUNA:
        raise ConfigError(f"A search needs Optuna {OPTUNA}, and {found} is installed.", INSTALL)
