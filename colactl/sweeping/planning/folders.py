"""Where each job of a sweep goes, below the sweep's own folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hydra._internal.config_loader_impl import get_overrides_dirname
from omegaconf import OmegaConf

from colactl.composition.checks.examine import Changes
from colactl.composition.compose import Composed
from colactl.composition.overrides import parse
from colactl.errors import ConfigError
from colactl.sweeping.planning.base import Base
from colactl.sweeping.planning.containers import differences, holding
from colactl.sweeping.sweep import OWN

BY_NUMBER = "${hydra.job.num}"  # Hydra's own default


def job_folder(base: Base, config: dict[str, Any], index: int, overrides: Sequence[str]) -> str:
    """A job's folder, relative to the sweep's.

    Args:
        base: What was composed for it.
        config: The job's own.
        index: The job's number.
        overrides: The job's own.

    Raises:
        ConfigError: It would not be below the sweep's folder, or cannot be told.
    """
    if base.subdir == BY_NUMBER:
        return str(index)
    return _inside(_filled_in(base, config, index, overrides))


def _filled_in(base: Base, config: dict[str, Any], index: int, overrides: Sequence[str]) -> str:
    """`hydra.sweep.subdir` of a job, which may name any key of its config, and what Hydra tells of a job."""
    naming = base.whole.hydra.job.config.override_dirname
    own = [override for override in parse(overrides) if not override.is_hydra_override()]
    dirname = get_overrides_dirname(own, list(naming.exclude_keys), naming.item_sep, naming.kv_sep)
    told: Changes = {
        ("hydra", "job", "num"): index,
        ("hydra", "job", "id"): str(index),
        ("hydra", "job", "override_dirname"): dirname,
        ("hydra", "overrides", "task"): [str(override.input_line) for override in own],
    }
    with holding(base.whole, {**dict(differences(base.raw, config)), **told}):
        OmegaConf.clear_cache(base.whole)
        return Composed(base.whole).path("hydra.sweep.subdir")


def _inside(folder: str) -> str:
    """A job's folder, if it is below the sweep's; values that it is named after may hold `..` or a slash."""
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
    seen: dict[str, int] = {}
    for index, folder in enumerate(folders):
        if folder in seen:
            raise ConfigError(
                f"Jobs {seen[folder]} and {index} would share the folder {folder!r}.",
                "Let hydra.sweep.subdir name each job, as its default ${hydra.job.num} does.",
            )
        seen[folder] = index
    for folder, index in seen.items():
        for parent in map(str, Path(folder).parents):
            if parent in seen:
                raise ConfigError(
                    f"Job {index}'s folder {folder!r} would be inside that of job {seen[parent]}, {parent!r}.",
                    "Let hydra.sweep.subdir name each job, as its default ${hydra.job.num} does.",
                )
