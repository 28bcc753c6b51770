"""A search's study, its sampler and its pruner: what colactl asks of Optuna."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, CmaEsSampler, GridSampler, QMCSampler, RandomSampler, TPESampler

from colactl.errors import ConfigError
from colactl.sweeping.search.frozen import Search
from colactl.sweeping.search.storage import open_storage

ABOUT = "colactl"  # the study's attribute that says what it searches, and for what
SEARCH_BITS = 32  # of a seed, as NumPy takes them

optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # stderr is for what colactl says itself


@contextmanager
def silent() -> Iterator[None]:
    """Keeps Optuna's warnings to itself: a user of colactl can do nothing about them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def create_study(search: Search, folder: Path) -> optuna.Study:
    """Makes a search's study, or opens the one of that name that is there.

    Args:
        search: Any.
        folder: The sweep's.

    Raises:
        ConfigError: The storage cannot be opened, or its study of that name searches for something else.
    """
    space = [asdict(each) for each in search.space]
    about = json.loads(json.dumps({"objective": search.options.objective, "space": space}))
    name, storage = name_of(search, folder), open_storage(search.options.storage, folder)
    study = optuna.create_study(
        study_name=name, storage=storage, direction=search.options.direction, load_if_exists=True
    )
    told = study.user_attrs.get(ABOUT)
    if told is None:
        study.set_user_attr(ABOUT, about)
    directions = [direction.name.lower() for direction in study.directions]
    if directions != [search.options.direction] or told not in (None, about):
        hint = "Choose another name with --study-name."
        raise ConfigError(f"The storage's study {name} searches another space, or for another figure.", hint)
    return study


def load_study(search: Search, folder: Path) -> optuna.Study:
    """Opens a search's study, to draw nothing: see `sampler_for`.

    Raises:
        ConfigError: It is not there any more.
    """
    name, storage = name_of(search, folder), open_storage(search.options.storage, folder)
    try:
        return optuna.load_study(study_name=name, storage=storage, sampler=RandomSampler(), pruner=_pruner(search))
    except KeyError as error:
        raise ConfigError(f"The study {name} is gone from its storage.", "Begin another search.") from error


def name_of(search: Search, folder: Path) -> str:
    """The study's name."""
    return search.options.study or folder.name


def sampler_for(search: Search, number: int) -> BaseSampler:
    """What draws a trial's values: by the config's seed and the trial's number, whichever process does it."""
    seed = random.Random(f"{search.seed} {number}").getrandbits(SEARCH_BITS)
    match search.options.sampler:
        case "random":
            return RandomSampler(seed=seed)
        case "grid":
            return GridSampler({each.key: each.grid() or [] for each in search.space}, seed=search.seed)
        case "cmaes":
            return CmaEsSampler(seed=seed, warn_independent_sampling=False)
        case "qmc":  # all trials are of one sequence
            return QMCSampler(
                scramble=True,
                seed=search.seed,
                independent_sampler=RandomSampler(seed=seed),
                warn_independent_sampling=False,
            )
    return TPESampler(seed=seed)


def _pruner(search: Search) -> BasePruner:
    match search.options.pruner:
        case "median":
            return MedianPruner()
        case "hyperband":
            return HyperbandPruner(max_resource=search.epochs or "auto")
    return NopPruner()
