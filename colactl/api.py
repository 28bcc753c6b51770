"""The Python API, for notebooks and scripts: the functions that `colactl` exports lazily."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from colactl import tasks
from colactl.composition.compose import compose as compose_config
from colactl.composition.data import check_split, validate_data
from colactl.composition.validate import validate
from colactl.errors import ConfigError
from colactl.runs.run import Run
from colactl.tasks import Prediction, checked

if TYPE_CHECKING:
    from colactl.sweeping.results.files import Results
    from colactl.tasks.scoring import Evaluation


def compose(
    overrides: Sequence[str] = (),
    config_name: str = "config",
    config_dir: Sequence[Path | str] | Path | str = (),
) -> DictConfig:
    """Composes a config from the shipped groups, the user's own folders and overrides.

    Args:
        overrides: In Hydra's grammar, such as ["model=bert", "training.max_epochs=3"].
        config_name: The primary config.
        config_dir: A folder of the user's, or several, searched before the shipped configs.

    Returns:
        The config, unresolved, without Hydra's own node.

    Raises:
        ConfigError: It cannot be composed, or an override is about Hydra's own folders and launchers.
    """
    if any(re.match(r"[+~]*hydra[./@=]", text) for text in overrides):
        raise ConfigError("compose() returns a config without Hydra's own keys.", "Give train() a folder instead.")
    folders = [config_dir] if isinstance(config_dir, str | Path) else list(config_dir)
    return compose_config(overrides, config_name, folders).config


def train(config: DictConfig, folder: Path | str | None = None) -> Run:
    """Trains on a config that `compose` returned.

    Args:
        config: May have been changed since; it is checked before anything is written.
        folder: The run's folder; None puts it under `outputs/`, by day and second.

    Returns:
        The run: its `folder`, and its `result`, the final metrics.

    Raises:
        ColactlError: The config is wrong, the data or the model is not available, or the training failed.
    """
    validated = validate(config, here=True)
    return tasks.train(validated, None if folder is None else Path(folder))


def sweep(
    overrides: Sequence[str],
    config_name: str = "config",
    config_dir: Sequence[Path | str] | Path | str = (),
    *,
    retries: int = 0,
    fail_fast: bool = False,
    timeout: float | None = None,
) -> Results:
    """Trains once for every combination of values, each job in a process of its own.

    Args:
        overrides: In Hydra's sweep grammar, such as ["seed=1,2,3", "hydra/launcher=joblib"].
        config_name: The primary config.
        config_dir: A folder of the user's, or several, searched before the shipped configs.
        retries: How many more times a job that failed is started.
        fail_fast: Whether its failure keeps others from being started.
        timeout: Seconds that one job may take; None is no limit.

    Returns:
        The sweep's `folder`; its `jobs`, a row each, with how it ended (a failed one raises nothing) and its result;
        and its `groups`, of jobs that differ only in their seed.

    Raises:
        ConfigError: A job's config is wrong, and nothing was started.
        Interrupted: Ctrl-C; `colactl sweep --resume` goes on.
    """
    from colactl.sweeping.launch import Policy, begun, run
    from colactl.sweeping.planning.jobs import plan

    folders = [config_dir] if isinstance(config_dir, str | Path) else list(config_dir)
    planned = plan(overrides, config_name, folders)
    policy = Policy(retries, fail_fast, timeout)
    with begun(planned, overrides, config_name, folders) as begun_sweep:
        launcher = planned.composed.hydra.launcher
        return run(begun_sweep, planned.jobs, launcher, policy, lambda text: print(text, file=sys.stderr))  # noqa: T201 - talk


def evaluate(
    run_or_model: Run | Path | str,
    data: DictConfig | None = None,
    other: Run | Path | str | None = None,
    split: str = "validation",
) -> Evaluation:
    """Evaluates a model, or two on the same sentences, with 95% bootstrap intervals.

    Args:
        run_or_model: A run, its folder, a folder that `save_pretrained` wrote, or a name on the Hub.
        data: A `data` group, such as `compose(["data=cola"]).data`; None takes what the run was trained with.
        other: A second model, compared with the first.
        split: The one to evaluate on: train, validation or test.

    Returns:
        The `models`, each with its `figures` (mcc, accuracy, f1), `confusion`, `groups` and `sources`; the `comparison`
        of two; and the `data` that was used.

    Raises:
        ColactlError: The data or the split is wrong or not named, or the data or a model is not available.
    """
    check_split(split)
    models = [str(_source(model)) for model in (run_or_model, other) if model is not None]
    return tasks.evaluate(models, None if data is None else validate_data(data, split), split)


def predict(run_or_model: Run | Path | str, sentences: Iterable[str] | str) -> list[Prediction]:
    """Judges whether sentences are acceptable.

    Args:
        run_or_model: A run, its folder, a folder that `save_pretrained` wrote, or a name on the Hub.
        sentences: Several, or a single one.

    Returns:
        A prediction for each, in their order: its `sentence`, `label` ("acceptable" or "unacceptable") and
        `probability` of being acceptable, from 0 to 1.

    Raises:
        ModelError: The model is not available, or is no classifier with two labels.
        ConfigError: A sentence is not valid Unicode.
    """
    several = [sentences] if isinstance(sentences, str) else sentences
    return list(chain.from_iterable(tasks.predict(_source(run_or_model), checked(several))))


def _source(run_or_model: Run | Path | str) -> Path | str:
    return run_or_model.folder if isinstance(run_or_model, Run) else run_or_model
