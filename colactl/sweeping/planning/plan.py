"""A sweep, planned: every job's config composed and validated before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.types import RunMode

from colactl.composition.compose import Composed, compose_in, config_hash
from colactl.composition.session import hydra_session
from colactl.errors import ConfigError, DataError
from colactl.schema.check import Changes
from colactl.sweeping.engines.nested_code import refuse_nested_target
from colactl.sweeping.planning.bases import Bases
from colactl.sweeping.planning.configs import Configs
from colactl.sweeping.planning.expand import expand
from colactl.sweeping.planning.folders import job_folder, refuse_shared
from colactl.sweeping.planning.refused import Refused


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes:
        index: From 0, in the order of the sweep.
        overrides: Those that make this job.
        config: The validated config, unresolved, without Hydra's node; jobs share parts of it, so it is not to be
            changed.
        values: What each interpolation of the config comes to.
        choices: The option in force of each group.
        folder: Relative to the sweep's.
        config_hash: The sha256 of the config.
    """

    index: int
    overrides: tuple[str, ...]
    config: dict[str, Any]
    values: Changes
    choices: dict[str, str | None]
    folder: str
    config_hash: str


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
        ConfigError: With every fault of the overrides, or those of the first jobs that have any.
        DataError: Nothing is wrong but that files are not there.
    """
    jobs: list[Job] = []
    refused = Refused()
    with hydra_session(config_dirs) as session:
        composed = compose_in(session, overrides, config_name, RunMode.MULTIRUN)
        refuse_nested_target(composed.hydra.launcher)
        bases, configs = Bases(session, config_name, composed.hydra_overrides), Configs(composed.hydra.launcher)
        for index, job_overrides in enumerate(expand(session, composed)):
            try:
                jobs.append(_job(index, tuple(job_overrides), bases, configs))
            except (ConfigError, DataError) as error:
                refused.add(index, job_overrides, error)
        if refused:
            raise refused.error(session, overrides, config_name)
    if not jobs:
        raise ConfigError("This sweep has no jobs: a range of its overrides is empty.", "Nothing was started.")
    refuse_shared(job.folder for job in jobs)
    return Plan(composed, tuple(jobs))


def _job(index: int, overrides: tuple[str, ...], bases: Bases, configs: Configs) -> Job:
    base, values = bases.of(overrides)
    config, found = configs.of(base, values, overrides)
    folder = job_folder(base, config, index, bases.parsed(overrides))
    return Job(index, overrides, config, found, base.choices, folder, config_hash(config))
