"""A sweep, gone on with: which of its jobs are left, and on which launcher they run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import compose
from colactl.composition.overrides import parse
from colactl.errors import ConfigError
from colactl.shell import joined
from colactl.sweeping.folder import Sweep, absolute, resume_command
from colactl.sweeping.planned import PlannedJob

PATIENCE = 15.0  # seconds for the processes of a sweep that was killed to be gone
LOOK = 0.25  # seconds between two looks at whether they are
MOST_NAMED = 10  # jobs


def unfinished(sweep: Sweep) -> list[PlannedJob]:
    """The jobs that are not done: pending, interrupted and failed ones."""
    return [job for job in sweep.jobs() if not sweep.run(job).done]


def free(sweep: Sweep, jobs: Sequence[PlannedJob], tell: Callable[[str], None]) -> list[PlannedJob]:
    """Those jobs that no other process runs, as Slurm may still do for a sweep that was killed.

    Args:
        sweep: The jobs'.
        jobs: Any.
        tell: Is given a sentence where there is something to wait for, and where jobs are left alone.
    """
    taken, deadline = _running(sweep, jobs), time.monotonic() + PATIENCE
    waited_for = {job.index for job in taken}
    if taken:
        tell(f"Waiting up to {PATIENCE:g} seconds for what a killed sweep may have left running: {_named(taken)}.")
    while taken and time.monotonic() < deadline:
        time.sleep(LOOK)
        taken = _running(sweep, taken)
    if taken:
        tell(f"Still running elsewhere, and left alone: {_named(taken)}.")
    still = {job.index for job in taken}
    ended = {job.index for job in jobs if job.index in waited_for and sweep.run(job).done}
    return [job for job in jobs if job.index not in still | ended]


def _running(sweep: Sweep, jobs: Sequence[PlannedJob]) -> list[PlannedJob]:
    return [job for job in jobs if sweep.run(job).status == "running"]


def _named(jobs: Sequence[PlannedJob]) -> str:
    numbers = ", ".join(str(job.index) for job in jobs[:MOST_NAMED])
    return f"{'job' if len(jobs) == 1 else 'jobs'} {numbers}{', ...' if len(jobs) > MOST_NAMED else ''}"


def launcher_for(
    sweep: Sweep, overrides: Sequence[str], config_name: str, config_dirs: Sequence[Path | str]
) -> DictConfig:
    """The launcher that is to run the rest: the sweep's own, unless overrides choose another.

    Args:
        sweep: Any.
        overrides: None at all, or the sweep's own, and those of `hydra/launcher` and `hydra.launcher`.
        config_name: The primary config, as typed.
        config_dirs: The user's folders, as typed.

    Raises:
        ConfigError: The sweep is another one than the overrides ask for.
    """
    asked: dict[str, Any] = {"overrides": [], "config_name": config_name, "config_dirs": absolute(config_dirs)}
    engine: list[str] = []
    for override in parse(overrides):
        (engine if _is_launcher(override.get_key_element()) else asked["overrides"]).append(str(override.input_line))
    recorded = {key: sweep.definition[key] for key in asked}
    own = [text for text in recorded["overrides"] if _is_launcher(text.partition("=")[0])]
    recorded["overrides"] = [text for text in recorded["overrides"] if text not in own]
    nothing: dict[str, Any] = {"overrides": [], "config_name": "config", "config_dirs": []}
    if asked not in (recorded, nothing):
        words = ["colactl", "sweep", *(word for text in recorded["overrides"] for word in ("--set", text))]
        raise ConfigError(
            f"{sweep.folder} was defined otherwise: {joined(words)}.",
            f"Leave the overrides out: {resume_command(sweep.folder)}",
        )
    if not engine:
        inherited: DictConfig = OmegaConf.create(sweep.hydra).launcher
        return inherited
    if not any(text.lstrip("+").startswith("hydra/launcher=") for text in engine):
        engine = [*own, *engine]  # more options for the launcher that the sweep has
    launcher: DictConfig = compose(engine, recorded["config_name"], recorded["config_dirs"]).hydra.launcher
    return launcher


def _is_launcher(key: str) -> bool:
    return key.lstrip("+~").replace("/", ".").startswith("hydra.launcher")
