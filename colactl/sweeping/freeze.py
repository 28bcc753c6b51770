"""A plan, written into the sweep's folder: what the jobs run, whatever changes after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from colactl.errors import ConfigError, TrainingError
from colactl.runs.create import make_folder
from colactl.runs.files import write_text
from colactl.runs.run import RESULT, STATUS
from colactl.sweeping.names import PLANNED, SWEEP
from colactl.sweeping.planning.jobs import Plan
from colactl.sweeping.resume import absolute, resume_command
from colactl.sweeping.sweep import LOCK, MULTIRUN, SEARCH, Sweep

WRITTEN = (PLANNED, MULTIRUN, SEARCH)  # before the definition


def new_folder(stem: Path, chosen: bool) -> Path:
    """Makes a sweep's folder.

    Args:
        stem: Four random letters are added unless the user chose it.
        chosen: Whether the user chose it.

    Returns:
        The folder, absolute.

    Raises:
        TrainingError: It cannot be made.
    """
    return make_folder(stem, unique=not chosen)


def freeze(
    plan: Plan,
    sweep: Sweep,
    overrides: Sequence[str],
    config_name: str,
    config_dirs: Sequence[Path | str],
    also: Callable[[Path], None] = lambda _: None,
) -> None:
    """Writes the definition and every job's config; the definition last, so that where it is, all is.

    Args:
        plan: What to run.
        sweep: Held by this process.
        overrides: As typed.
        config_name: The primary config.
        config_dirs: The user's folders.
        also: Writes what else belongs to the definition into the folder.

    Raises:
        ConfigError: The folder already holds a sweep, or a run where one of the jobs is to be.
        TrainingError: It cannot be written to.
    """
    if (sweep.folder / SWEEP).exists():
        hint = f"Choose another with hydra.sweep.dir=..., or go on with it: {resume_command(sweep.folder)}"
        raise ConfigError(f"{sweep.folder} already holds a sweep.", hint)
    for folder in (sweep.folder, *(sweep.folder / job.folder for job in plan.jobs)):
        if (folder / STATUS).exists() or (folder / RESULT).exists():  # it would be taken for what the job has done
            raise ConfigError(f"{folder} already holds a run.", "Choose another folder with hydra.sweep.dir=...")
    lines = [job.to_json() for job in plan.jobs]
    definition: dict[str, Any] = {
        "overrides": list(overrides),
        "config_name": config_name,
        "config_dirs": absolute(config_dirs),
        "directory": str(Path.cwd()),
        "group": sweep.folder.name,
    }
    there = {name for name in WRITTEN if (sweep.folder / name).exists()}
    try:
        write_text(sweep.folder / PLANNED, "".join(f"{line}\n" for line in lines))
        write_text(sweep.folder / MULTIRUN, OmegaConf.to_yaml(plan.composed.whole))
        also(sweep.folder)
        write_text(sweep.folder / SWEEP, yaml.safe_dump(definition, sort_keys=False, allow_unicode=True))
    except OSError as error:
        _take_back(sweep.folder, there)
        raise TrainingError(f"{sweep.folder} cannot be written to: {error.strerror or error}.") from error


def _take_back(folder: Path, there: set[str]) -> None:
    """Leaves nothing of a sweep that cannot be frozen but what was there before."""
    with suppress(OSError):
        for name in {*WRITTEN, LOCK} - there:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
