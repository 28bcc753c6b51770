"""A sweep, planned: every job's config composed and validated before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.types import RunMode

from colactl.composition.compose import Composed, compose_in, config_hash
from colactl.composition.diagnosis import every_fault, refusal
from colactl.composition.hydra_port import Session
from colactl.composition.session import hydra_session
from colactl.errors import ConfigError, DataError
from colactl.schema.faults import shown
from colactl.sweeping.engines.launchers import refuse_nested_target
from colactl.sweeping.planned import Plan, PlannedJob
from colactl.sweeping.planning.bases import Bases
from colactl.sweeping.planning.configs import Configs
from colactl.sweeping.planning.expansion import expand
from colactl.sweeping.planning.folders import job_folder, refuse_shared

SHOWN_FAULTS = 10


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
    with hydra_session(config_dirs) as session:
        composed = compose_in(session, overrides, config_name, RunMode.MULTIRUN)
        jobs = plan_jobs(session, composed, overrides, config_name, expand(session, composed))
    if not jobs:
        raise ConfigError("This sweep has no jobs: a range of its overrides is empty.", "Nothing was started.")
    refuse_shared(job.folder for job in jobs)
    return Plan(composed, jobs)


def plan_jobs(
    session: Session,
    composed: Composed,
    overrides: Sequence[str],
    config_name: str,
    overrides_of_jobs: Sequence[list[str]],
) -> tuple[PlannedJob, ...]:
    """Composes and checks jobs that share a config.

    Args:
        session: Hydra, initialised.
        composed: The config that they share.
        overrides: As typed; what is wrong with them is told instead of what is wrong with the jobs.
        config_name: The primary config.
        overrides_of_jobs: For each job, its own.

    Raises:
        ConfigError: As for `plan`.
        DataError: As for `plan`.
    """
    refuse_nested_target(composed.hydra.launcher)
    bases, configs = Bases(session, config_name, composed.hydra_overrides), Configs(composed.hydra.launcher)
    jobs: list[PlannedJob] = []
    refused = RefusedJobs()
    for index, job_overrides in enumerate(overrides_of_jobs):
        try:
            jobs.append(_job(index, job_overrides, bases, configs))
        except (ConfigError, DataError) as error:
            refused.add(index, job_overrides, error)
    if refused:
        raise refused.error(session, overrides, config_name)
    return tuple(jobs)


def _job(index: int, overrides: list[str], bases: Bases, configs: Configs) -> PlannedJob:
    base, values = bases.of(overrides)
    config, resolved = configs.of(base, values, overrides)
    return PlannedJob(
        index=index,
        overrides=overrides,
        config_hash=config_hash(config),
        folder=job_folder(base, config, index, [bases.read(text).parsed for text in overrides]),
        config=config,
        values=[(list(place), value) for place, value in resolved.items()],  # the environment may change them later
        choices=base.choices,
    )


@dataclass
class JobsWithFault:
    """The first job that has a fault, and how many more have it."""

    index: int
    overrides: Sequence[str]
    more: int = 0

    def sentence(self, fault: str) -> str:
        """What is wrong with which jobs; the override that the fault begins with is not named twice."""
        texts = [shown(override) for override in self.overrides]
        others = [text for text in texts if not fault.startswith(f"{text}: ")]
        which = f" ({', '.join(others)})" if others else ""
        also = f" and {self.more} more" if self.more else ""
        return f"Job {self.index}{which}{also}: {fault}"


class RefusedJobs:
    """The jobs of a sweep that cannot run, by what is wrong, which many may share."""

    def __init__(self) -> None:
        self._by_fault: dict[str, JobsWithFault] = {}
        self._only_data = True

    def __bool__(self) -> bool:
        return bool(self._by_fault)

    def add(self, index: int, overrides: Sequence[str], error: ConfigError | DataError) -> None:
        """Takes one more job, and what is wrong with it."""
        self._only_data &= isinstance(error, DataError)
        for fault in error.faults or (error.message,):
            if fault in self._by_fault:
                self._by_fault[fault].more += 1
            else:
                self._by_fault[fault] = JobsWithFault(index, overrides)

    def error(self, session: Session, overrides: Sequence[str], config_name: str) -> ConfigError | DataError:
        """What to raise: what is wrong with the sweep's own overrides or, if they are sound, with the jobs.

        Args:
            session: Hydra, initialised.
            overrides: The sweep's, as typed.
            config_name: The primary config.
        """
        if not self._only_data and (faults := every_fault(session, overrides, config_name)):
            return refusal(faults)
        sentences = [jobs.sentence(fault) for fault, jobs in self._by_fault.items()]
        more = [f"{len(sentences) - SHOWN_FAULTS} more faults."] if len(sentences) > SHOWN_FAULTS else []
        kind = DataError if self._only_data else ConfigError
        return kind("Some jobs of this sweep cannot run:", "Nothing was started.", (*sentences[:SHOWN_FAULTS], *more))
