"""A sweep, expanded: every job's config composed and validated before anything starts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.hydra import Hydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from colactl.composition.compose import Composed, compose_in, config_hash, without_hydra
from colactl.composition.problems import explained
from colactl.composition.search_path import hydra_session
from colactl.composition.validate import validate
from colactl.errors import ConfigError
from colactl.training.settings import auto_threads


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes:
        index: From 0, in the order of the sweep.
        overrides: Those that make this job.
        config: Validated and unresolved, without Hydra's own node, as plain containers.
        choices: The option of each group.
        folder: Relative to the sweep's.
        config_hash: Of `config`.
    """

    index: int
    overrides: tuple[str, ...]
    config: dict[str, Any]
    choices: dict[str, str | None]
    folder: str
    config_hash: str

    def as_json(self) -> dict[str, object]:
        """As a row of `--dry-run --json`."""
        return {
            "index": self.index,
            "overrides": list(self.overrides),
            "config_hash": self.config_hash,
            "folder": self.folder,
        }


@dataclass(frozen=True)
class Plan:
    """What a sweep will do.

    Attributes:
        composed: The config that all jobs share, with Hydra's launcher.
        jobs: In order.
    """

    composed: Composed
    jobs: tuple[Job, ...]


def plan(overrides: Sequence[str], config_name: str = "config", config_dirs: Sequence[Path | str] = ()) -> Plan:
    """Expands a sweep and checks every job of it.

    Args:
        overrides: In Hydra's sweep grammar: lists, range, choice and glob.
        config_name: The primary config.
        config_dirs: The user's folders.

    Raises:
        ConfigError: With the faults of every job that has any.
    """
    with hydra_session(config_dirs) as hydra:
        composed = compose_in(hydra, overrides, config_name, RunMode.MULTIRUN)
        own = composed.hydra_overrides
        jobs, faults = [], []
        for index, job_overrides in enumerate(_expand(hydra, composed)):
            try:
                job = compose_in(hydra, [*own, *job_overrides], config_name)
                jobs.append(_job(index, job_overrides, job))
            except ConfigError as error:
                faults.append(f"Job {index} ({', '.join(job_overrides)}): {_told(error)}")
    if faults:
        raise ConfigError("Some jobs of this sweep cannot run:", "Nothing was started.", tuple(faults))
    _refuse_shared_folders(jobs)
    return Plan(composed, tuple(jobs))


def _expand(hydra: Hydra, composed: Composed) -> list[list[str]]:
    """The overrides of each job, in the order of Hydra's own sweeper."""
    params = [f"{key}={value}" for key, value in (composed.hydra.sweeper.get("params") or {}).items()]
    parser = OverridesParser.create(config_loader=hydra.config_loader)  # glob() asks it for the options there are
    with explained(hydra.config_loader):
        return BasicSweeper.split_arguments(parser.parse_overrides([*params, *composed.overrides]), None)[0]


def _job(index: int, overrides: list[str], composed: Composed) -> Job:
    validated = validate(composed.config)
    _share_cores(validated, composed.hydra.launcher)
    whole = composed.whole
    with open_dict(whole):
        whole.merge_with(validated)
        whole.hydra.job.num = index
        whole.hydra.job.id = str(index)
    folder = _inside(Composed(whole).path("hydra.sweep.subdir"))
    config: Any = OmegaConf.to_container(without_hydra(whole))
    choices: Any = OmegaConf.to_container(whole.hydra.runtime.choices)
    return Job(index, tuple(overrides), config, choices, folder, config_hash(without_hydra(whole)))


def _inside(folder: str) -> str:
    """A job's folder, if it is below the sweep's; values that it is named after may hold `..` or a slash."""
    parts = Path(os.path.normpath(folder)).parts
    if not parts or parts[0] in ("..", "/"):
        raise ConfigError(
            f"hydra.sweep.subdir is {folder!r}, which is not below the sweep's folder.",
            "Choose the sweep's own folder with hydra.sweep.dir=...",
        )
    return folder


def _share_cores(config: DictConfig, launcher: DictConfig) -> None:
    """Turns `training.threads: auto` into this job's share of the cores; results depend on it to the last bit."""
    if config.training.threads == "auto":
        slots = int(launcher.get("n_jobs") or 1)
        config.training.threads = auto_threads(config, slots)


def _told(error: ConfigError) -> str:
    return " ".join([error.message, *error.faults])


def _refuse_shared_folders(jobs: list[Job]) -> None:
    seen: dict[str, int] = {}
    for job in jobs:
        if job.folder in seen:
            raise ConfigError(
                f"Jobs {seen[job.folder]} and {job.index} would share the folder {job.folder!r}.",
                "Let hydra.sweep.subdir name each job, as its default ${hydra.job.num} does.",
            )
        seen[job.folder] = job.index
