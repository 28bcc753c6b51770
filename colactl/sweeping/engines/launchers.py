"""Hydra's launchers: how many jobs run at once, with how many cores, and what else their engines need."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.errors import ConfigError
from colactl.host.cores import usable_cores
from colactl.tasks import auto_threads


class Engine(Enum):
    """The launchers by the name of their class; any other is taken for one that runs a job after the other."""

    BASIC = "BasicLauncher"
    JOBLIB = "JoblibLauncher"
    SUBMITIT_LOCAL = "LocalLauncher"
    SLURM = "SlurmLauncher"
    RAY = "RayLauncher"


def engine(launcher: DictConfig) -> Engine:
    """Which engine a launcher's config is of."""
    name = str(launcher.get("_target_", "")).rpartition(".")[2]
    return next((known for known in Engine if known.value == name), Engine.BASIC)


def slots(launcher: DictConfig, jobs: int, gpus: int = 0) -> int:
    """How many jobs run at once.

    submitit_local starts all of its jobs at once; more than there are cores for wait until one is done.

    Args:
        launcher: Its config.
        jobs: Of the sweep.
        gpus: GPUs that a job asks for.

    Returns:
        From 1 to the number of jobs.
    """
    match engine(launcher):
        case Engine.JOBLIB:
            n_jobs = int(launcher.get("n_jobs") or 1)
            most = n_jobs if n_jobs > 0 else usable_cores() + 1 + n_jobs  # as joblib counts: -1 is all, -2 all but one
        case Engine.SUBMITIT_LOCAL:
            most = usable_cores() // _submitit_cores(launcher)
        case Engine.SLURM:
            most = int(launcher.get("array_parallelism") or jobs)
        case Engine.RAY:
            most = _ray_slots(launcher, jobs, gpus)
        case Engine.BASIC:
            most = 1
    return max(1, min(most, jobs))


def deals(launcher: DictConfig) -> bool:
    """Whether jobs take slots and GPUs from `colactl.sweeping.engines.devices`; Slurm and Ray deal them out themselves.

    submitit_local starts all jobs at once, and shows each of them the same GPUs: none, unless `gpus_per_node` is set.
    """
    return engine(launcher) in (Engine.JOBLIB, Engine.SUBMITIT_LOCAL)


def threads_for(config: DictConfig, launcher: DictConfig, jobs: int = sys.maxsize) -> int:
    """What `training.threads: auto` comes to for a job of a sweep; one is enough for a small model on any engine.

    Args:
        config: The job's, validated.
        launcher: The launcher's config.
        jobs: Of the sweep, as far as it is known: fewer than there are slots get more threads each.
    """
    match engine(launcher):
        case Engine.SLURM:
            cores = _submitit_cores(launcher) * int(launcher.get("tasks_per_node") or 1)
        case Engine.RAY:
            cores = int(_ray_cores(launcher))
        case _:
            cores = usable_cores() // slots(launcher, jobs)
    return auto_threads(config, usable=cores)


def runs_here(launcher: DictConfig) -> bool:
    """Whether jobs certainly run on this machine; a cluster's, or who knows what other's, may have what it lacks."""
    known = str(launcher.get("_target_", "")).endswith(engine(launcher).value)
    return known and engine(launcher) not in (Engine.SLURM, Engine.RAY)


def withdraw(launcher: DictConfig) -> None:
    """Takes back the jobs that have not begun where they wait in a cluster's queue; elsewhere they end as they begin.

    Args:
        launcher: Its config, for which `ready` is entered.
    """
    if engine(launcher) == Engine.SLURM:
        from colactl.sweeping.engines import submitit_port

        submitit_port.withdraw()


def joins(init: DictConfig) -> bool:
    """Whether Ray's own `init` options ask for a cluster that runs already, or the environment does."""
    address = init.get("address")
    return "RAY_ADDRESS" in os.environ if address is None else address != "local"


@contextmanager
def ready(launcher: DictConfig, gpus: int = 0) -> Iterator[None]:
    """Prepares an engine for a sweep, and puts away what it leaves.

    Args:
        launcher: Its config; what the user has not set is filled in.
        gpus: GPUs that a job asks for.
    """
    match engine(launcher):
        case Engine.RAY:
            from colactl.sweeping.engines.ray_port import quiet_ray

            with quiet_ray(launcher, gpus, joins(launcher.ray.init)):
                yield
        case Engine.SLURM | Engine.SUBMITIT_LOCAL:
            from colactl.sweeping.engines.submitit_port import patient_submitit

            with patient_submitit():
                yield
        case _:
            yield


def _submitit_cores(launcher: DictConfig) -> int:
    """Cores of a task; Slurm gives one where nothing is asked for."""
    for_gpus = int(launcher.get("cpus_per_gpu") or 0) * int(launcher.get("gpus_per_task") or 1)
    return int(launcher.get("cpus_per_task") or 0) or for_gpus or 1


def _ray_cores(launcher: DictConfig) -> float:
    """Cores of a job, as Ray counts them; without a word it is one."""
    asked = launcher.ray.remote.get("num_cpus")
    try:
        return 1.0 if asked is None else float(asked)
    except ValueError as error:
        raise ConfigError(f"hydra.launcher.ray.remote.num_cpus is {asked!r}, which is no number of cores.") from error


def _ray_slots(launcher: DictConfig, jobs: int, gpus: int) -> int:
    init = launcher.ray.init
    if joins(init):
        return jobs  # how large a cluster is shows when it is joined
    from colactl.composition.machine import visible

    most = [jobs]
    if cores := _ray_cores(launcher):
        most.append(int((init.get("num_cpus") or usable_cores()) / cores))
    if share := float(launcher.ray.remote.get("num_gpus") or gpus):
        most.append(int((init.get("num_gpus") or len(visible())) / share))
    return min(most)


def refuse_nested_target(launcher: DictConfig) -> None:
    """Refuses a `_target_` below the launcher's own: Hydra would call what it names as it makes the launcher.

    Args:
        launcher: Its config, of which only `_target_` names a class, one that Hydra knows as a launcher.

    Raises:
        ConfigError: There is one.
    """
    try:
        plain: Any = OmegaConf.to_container(launcher, resolve=True)
    except OmegaConfBaseException:
        plain = OmegaConf.to_container(launcher, resolve=False)  # is given no code either
    for key, value in plain.items():
        if _names_code(value):
            message = f"hydra.launcher.{key} names code to run in a _target_, and a launcher is not given any."
            raise ConfigError(message, "Leave it out.")


def _names_code(value: Any) -> bool:
    if isinstance(value, dict):
        return "_target_" in value or any(map(_names_code, value.values()))
    return isinstance(value, list) and any(map(_names_code, value))
