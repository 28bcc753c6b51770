"""Where each job of a sweep goes, below the sweep's own folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override

from colactl.composition.compose import Composed
from colactl.errors import ConfigError
from colactl.sweeping.names import OWN
from colactl.sweeping.planning.bases import Base, assign
from colactl.sweeping.planning.containers import differences

BY_NUMBER = "${hydra.job.num}"  # Hydra's own default
NAME_EACH = "Let hydra.sweep.subdir name each job, as its default ${hydra.job.num} does."


def job_folder(base: Base, config: dict[str, Any], index: int, overrides: Sequence[Override]) -> str:
    """A job's folder, relative to the sweep's.

    Args:
        base: What was composed for it.
        config: The job's own.
        index: The job's number.
        overrides: The job's own.

    Raises:
        ConfigError: It would not be below the sweep's folder, or cannot be resolved.
    """
    if base.subdir == BY_NUMBER:
        return str(index)
    with base.holding(base.whole, dict(differences(base.raw, config))):
        own = [override for override in overrides if not override.is_hydra_override()]
        assign(base.whole, ("hydra", "job", "num"), index)
        assign(base.whole, ("hydra", "job", "id"), str(index))
        assign(base.whole, ("hydra", "job", "override_dirname"), _dirname(own, *base.naming))
        assign(base.whole, ("hydra", "overrides", "task"), [str(override.input_line) for override in own])
        return inside_sweep(Composed(base.whole).path("hydra.sweep.subdir"))


def _dirname(overrides: Sequence[Override], excluded: Sequence[str], item_separator: str, equals: str) -> str:
    """What Hydra calls `override_dirname`."""
    texts = sorted(str(override.input_line) for override in overrides if override.key_or_group not in excluded)
    return item_separator.join(texts).replace("=", equals)


def inside_sweep(folder: str) -> str:
    """A job's folder, normalised.

    Raises:
        ConfigError: It is not below the sweep's; values that it is named after may hold `..` or a slash.
    """
    path = Path(os.path.normpath(folder))
    if path.parts and path.parts[0] in OWN:
        raise ConfigError(
            f"hydra.sweep.subdir is {folder!r}, and the sweep has a file of its own there.",
            "Choose another name, such as job-${hydra.job.num}.",
        )
    if not path.parts or path.parts[0] in ("..", "/"):
        raise ConfigError(
            f"hydra.sweep.subdir is {folder!r}, which is not below the sweep's folder.",
            "Choose the sweep's own folder with hydra.sweep.dir=...",
        )
    return str(path)


def refuse_shared(folders: Iterable[str]) -> None:
    """Refuses jobs that would overwrite each other, or whose run would be inside another's.

    Args:
        folders: Of the jobs, in order.

    Raises:
        ConfigError: Two are the same, or one is in another.
    """
    jobs: dict[str, int] = {}
    for index, folder in enumerate(folders):
        if folder in jobs:
            raise ConfigError(f"Jobs {jobs[folder]} and {index} would share the folder {folder!r}.", NAME_EACH)
        jobs[folder] = index
    for folder, index in jobs.items():
        for parent in map(str, Path(folder).parents):
            if parent in jobs:
                message = f"Job {index}'s folder {folder!r} would be inside that of job {jobs[parent]}, {parent!r}."
                raise ConfigError(message, NAME_EACH)
