"""A sweep from its plan to its results, for whoever shows it or does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from omegaconf import DictConfig

from colactl.composition.compose import sweep_folder
from colactl.sweeping.freeze import freeze, new_folder
from colactl.sweeping.launch import launch
from colactl.sweeping.planning.jobs import Plan
from colactl.sweeping.policy import Policy
from colactl.sweeping.results.files import Results, save_results
from colactl.sweeping.sweep import Sweep


@contextmanager
def begun(plan: Plan, overrides: Sequence[str], config_name: str, config_dirs: Sequence[Path | str]) -> Iterator[Sweep]:
    """Makes the folder of a sweep, freezes the plan in it, and holds it while it is entered.

    Args:
        plan: What to run.
        overrides: As typed.
        config_name: The primary config.
        config_dirs: The user's folders.

    Raises:
        ConfigError: The folder is taken.
        TrainingError: It cannot be written to.
    """
    sweep = Sweep(new_folder(*sweep_folder(plan.composed)))
    with sweep.held():
        freeze(plan, sweep, overrides, config_name, config_dirs)
        yield sweep


def run(sweep: Sweep, launcher: DictConfig, policy: Policy, tell: Callable[[str], None]) -> Results:
    """Runs all jobs of a sweep, and writes what became of them, in whatever way it ends.

    Args:
        sweep: Held by this process.
        launcher: Hydra's, with its options.
        policy: What becomes of jobs that do not end well.
        tell: Is given a sentence when a signal arrives, or when something cannot be written.

    Raises:
        Interrupted: Ctrl-C or SIGTERM.
    """
    try:
        launch(sweep, list(sweep.jobs()), launcher, policy, tell)
    finally:
        results = save_results(sweep.folder, tell)
    return results
