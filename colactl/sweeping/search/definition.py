"""A search as it was asked for and frozen: its options, its space, and the configs that its trials are made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from omegaconf import OmegaConf

from colactl.composition.compose import config_hash
from colactl.composition.overrides import parse
from colactl.composition.validate import validate
from colactl.errors import ConfigError, first_line
from colactl.runs.files import write_json
from colactl.sweeping.names import SEARCH
from colactl.sweeping.planned import PlannedJob, decode, encode
from colactl.sweeping.planning.configs import resolve
from colactl.sweeping.planning.containers import find_interpolations, put
from colactl.sweeping.results.compare import Objective
from colactl.sweeping.search.space import Parameter, grid_size, read_parameter


@dataclass(frozen=True)
class Options:
    """What `colactl sweep --trials` was asked for.

    Attributes:
        trials: How many the study is to have in all.
        objective: The metric of result.json that is to be as good as possible.
        sampler: tpe, random, grid, cmaes or qmc.
        pruner: none, median or hyperband.
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


@dataclass(frozen=True)
class Base:
    """A config that has everything but the values of the parameters.

    Attributes:
        chosen: The value of each parameter that decided what it was composed from, such as a group's option.
        job: With other parameters' values that a trial replaces; its `values` are those of the interpolations that
            depend on none of them.
    """

    chosen: dict[str, str]
    job: PlannedJob


@dataclass(frozen=True)
class Search:
    """What is in a search's folder.

    Attributes:
        options: As asked for; the storage is without its password.
        owner: Marks its trials in a study that it may share.
        seed: The config's; the sampler is seeded with it.
        epochs: The most that a trial trains; None where that is not known.
        space: The parameters.
        bases: One for each combination of what is chosen.
    """

    options: Options
    owner: str
    seed: int
    epochs: int | None
    space: tuple[Parameter, ...]
    bases: tuple[Base, ...]

    @property
    def total(self) -> int:
        """How many trials the study is to have; no more than a grid has points."""
        size = grid_size(self.space) if self.options.sampler == "grid" else None
        return self.options.trials if size is None else min(size, self.options.trials)

    def write(self, folder: Path) -> None:
        """Puts it into the sweep's folder, in one atomic step."""
        write_json(folder / SEARCH, encode(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Search:
        """What `write` wrote.

        Raises:
            ConfigError: The sweep in that folder is no search.
        """
        try:
            stored = json.loads((folder / SEARCH).read_text(encoding="utf-8"), object_hook=decode)
            bases = tuple(Base(base["chosen"], PlannedJob(**base["job"])) for base in stored["bases"])
            space = tuple(map(read_parameter, stored["space"]))
            options = Options(**stored["options"])
            return cls(options, stored["owner"], stored["seed"], stored["epochs"], space, bases)
        except FileNotFoundError as error:
            raise ConfigError(f"The sweep in {folder} is no search.", "Leave --trials and --storage out.") from error
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise ConfigError(f"{folder / SEARCH} is not as colactl wrote it: {first_line(error)}.") from error

    def trial(self, number: int, texts: Mapping[str, str]) -> PlannedJob:
        """The job of a trial.

        Args:
            number: The trial's; also its job's index and folder.
            texts: The value of each parameter, as it stands behind the `=`.
        """
        base = next(base for base in self.bases if base.chosen.items() <= texts.items())
        config = OmegaConf.create(base.job.config)
        for override in parse([f"{key}={text}" for key, text in texts.items() if key not in base.chosen]):
            OmegaConf.update(config, override.key_or_group, override.value(), force_add=True)
        container: Any = OmegaConf.to_container(config)
        places, known = list(find_interpolations(container)), base.job.by_place()
        fixed = {place: known[place] for place in places if place in known}
        live = deepcopy(container)
        put(live, fixed)
        values = fixed | resolve(OmegaConf.create(live), [place for place in places if place not in fixed])
        return replace(
            base.job,
            index=number,
            overrides=[_with_value(text, texts) for text in base.job.overrides],
            config_hash=config_hash(container),
            folder=str(number),
            config=container,
            values=[(list(place), value) for place, value in values.items()],
        )


def checked(job: PlannedJob) -> PlannedJob:
    """The same job with its config validated, which may turn a value into what its key holds, such as "32" into 32.

    Raises:
        ConfigError: Its values are valid one by one, and not together.
    """
    config: Any = OmegaConf.to_container(validate(OmegaConf.create(job.config)))
    left = set(find_interpolations(config))
    values = [(place, value) for place, value in job.values if tuple(place) in left]
    return replace(job, config=config, config_hash=config_hash(config), values=values)


def _with_value(override: str, texts: Mapping[str, str]) -> str:
    key = override.partition("=")[0]
    return f"{key}={texts[key]}" if key in texts else override
