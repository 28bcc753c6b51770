"""A search's study: how it is made and opened, what draws its values, and what prunes its trials."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, CmaEsSampler, GridSampler, QMCSampler, RandomSampler, TPESampler
from optuna.storages import BaseStorage

from colactl.composition.compose import Composed
from colactl.errors import ConfigError
from colactl.sweeping.folder import Sweep, freeze
from colactl.sweeping.planned import Plan
from colactl.sweeping.search.definition import Search
from colactl.sweeping.search.storage import normalised, open_storage

ABOUT = "colactl"  # the study's attribute that says what it searches, and for what
SEED_BITS = 32  # as NumPy takes them

optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # stderr is for what colactl says itself


@contextmanager
def silent() -> Iterator[None]:
    """Hides Optuna's warnings: a user of colactl can do nothing about them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@silent()
def with_storage(search: Search) -> Search:
    """The same search with a storage that means the same from everywhere; a shared one is opened, to see that it works.

    Raises:
        ConfigError: It cannot be opened, or its study of that name searches for something else.
    """
    if search.options.storage is None:
        return search
    search = replace(search, options=replace(search.options, storage=normalised(search.options.storage)))
    if search.options.study is None:
        open_storage(search.options.storage, Path())
    else:
        create_study(search, Path())
    return search


@silent()
def begin(
    composed: Composed,
    search: Search,
    sweep: Sweep,
    overrides: Sequence[str],
    config_name: str,
    config_dirs: Sequence[Path | str],
) -> None:
    """Writes a search into its sweep's folder, and makes its study.

    Args:
        composed: What its trials share.
        search: As `prepare` and `with_storage` left it.
        sweep: Held by this process.
        overrides: As typed.
        config_name: The primary config.
        config_dirs: The user's folders.

    Raises:
        ConfigError: The folder already holds a sweep.
    """
    named = replace(search, options=replace(search.options, study=search.options.study or sweep.folder.name))
    freeze(Plan(composed, ()), sweep, overrides, config_name, config_dirs, named.write)
    create_study(named, sweep.folder)


@silent()
def create_study(search: Search, folder: Path) -> None:
    """Makes a search's study, unless there is one of that name.

    Args:
        search: Any.
        folder: The sweep's.

    Raises:
        ConfigError: The storage cannot be opened, or its study of that name searches for something else.
    """
    options = search.options
    name = options.study or folder.name
    storage = open_storage(options.storage, folder)
    study = optuna.create_study(study_name=name, storage=storage, direction=options.direction, load_if_exists=True)
    space = json.loads(json.dumps([asdict(parameter) for parameter in search.space]))  # as the storage gives it back
    about = {"objective": options.objective, "space": space}
    recorded = study.user_attrs.get(ABOUT)
    if recorded is None:
        study.set_user_attr(ABOUT, about)
    directions = [direction.name.lower() for direction in study.directions]
    if directions != [options.direction] or recorded not in (None, about):
        hint = "Choose another name with --study-name."
        raise ConfigError(f"The storage's study {name} searches another space, or for another metric.", hint)


@silent()
def load_study(search: Search, storage: BaseStorage) -> optuna.Study:
    """Opens a search's study; before it draws, it is given the trial's sampler.

    Args:
        search: As it was begun.
        storage: The search's, opened.

    Raises:
        ConfigError: The study is not there any more.
    """
    name = search.options.study
    try:
        return optuna.load_study(study_name=name, storage=storage, sampler=RandomSampler(), pruner=_pruner(search))
    except KeyError as error:
        raise ConfigError(f"The study {name} is gone from its storage.", "Begin another search.") from error


def load_trial(study: optuna.Study, storage: BaseStorage, number: int) -> optuna.Trial:
    """A trial to draw values for or to report to, though another process began it: `Study.ask` only begins new ones.

    Args:
        study: The trial's; its sampler draws the values.
        storage: The study's.
        number: Of a trial that has not ended.
    """
    study_id = storage.get_study_id_from_name(study.study_name)
    return optuna.Trial(study, storage.get_trial_id_from_study_id_trial_number(study_id, number))


def sampler_for(search: Search, number: int) -> BaseSampler:
    """What draws a trial's values: by the config's seed and the trial's number, whichever process does it."""
    seed = random.Random(f"{search.seed} {number}").getrandbits(SEED_BITS)
    match search.options.sampler:
        case "random":
            return RandomSampler(seed=seed)
        case "grid":
            return GridSampler({parameter.key: parameter.grid() or [] for parameter in search.space}, seed=search.seed)
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
