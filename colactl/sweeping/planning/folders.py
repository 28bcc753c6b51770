"""Where each job of a sweep goes, below the sweep's own folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from colactl.composition.compose import Composed
from colactl.errors import ConfigError
from colactl.schema.check import Changes
from colactl.sweeping.planning.base import Base
from colactl.sweeping.planning.containers import differences, holding, look_up
from colactl.sweeping.planning.expand import is_scalar
from colactl.sweeping.planning.interpolations import KEY, ONE
from colactl.sweeping.sweep import OWN

BY_NUMBER = "${hydra.job.num}"  # Hydra's own default


def job_folder(base: Base, config: dict[str, Any], index: int, overrides: Sequence[Override]) -> str:
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
    told = _told(base, index, overrides)
    known = _put_in(base.subdir, config, told)
    return _inside(_filled_in(base, config, told) if known is None else known)


def _told(base: Base, index: int, overrides: Sequence[Override]) -> Changes:
    """What Hydra tells of a job."""
    own = [override for override in overrides if not override.is_hydra_override()]
    return {
        ("hydra", "job", "num"): index,
        ("hydra", "job", "id"): str(index),
        ("hydra", "job", "override_dirname"): _dirname(own, *base.naming),
        ("hydra", "overrides", "task"): [str(override.input_line) for override in own],
    }


def _dirname(overrides: Sequence[Override], without: Sequence[str], between: str, equals: str) -> str:
    """What Hydra calls `override_dirname`, less the overrides of some keys."""
    texts = sorted(str(override.input_line) for override in overrides if override.key_or_group not in without)
    return between.join(texts).replace("=", equals)


def _put_in(subdir: str, config: dict[str, Any], told: Changes) -> str | None:
    """`hydra.sweep.subdir` with plain values put in, in a fraction of OmegaConf's time; None where it takes more."""
    texts, bodies = ONE.split(subdir)[::2], ONE.findall(subdir)
    if subdir.count("${") != len(bodies) or "\\" in subdir:
        return None
    values = [_plain(body.strip(), config, told) for body in bodies]
    if None in values:
        return None
    return "".join(f"{text}{value or ''}" for text, value in zip_longest(texts, values))


def _plain(body: str, config: dict[str, Any], told: Changes) -> str | None:
    """A value as it stands in a text; None where that is for OmegaConf to say."""
    key = KEY.fullmatch(body.replace("hydra:", "hydra.", 1))
    if key is None or key[1]:
        return None
    place = tuple(key[2].split("."))
    value = told[place] if place in told else look_up(config, place)
    return str(value) if is_scalar(value) else None


def _filled_in(base: Base, config: dict[str, Any], told: Changes) -> str:
    """The same, whatever it refers to."""
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
