"""Which of the processes that train a run this one is, by what torchrun or Slurm say in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, ListConfig

from colactl.errors import ConfigError

INTERACTIVE_JOBS = ("bash", "interactive")  # names of Slurm jobs in which Lightning starts the processes itself


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train a run together, as one of them sees them.

    Attributes:
        rank: This process's, from 0. Rank 0 writes the run's folder; the others are workers, which only train.
        launcher: What started the processes; None where this one is alone, and starts the workers that it needs.
        slurm_tasks: How many tasks Slurm has started; they may also train on their own. 0 outside Slurm.
    """

    rank: int = 0
    launcher: str | None = None
    slurm_tasks: int = 0

    @property
    def is_worker(self) -> bool:
        """Whether this process only trains, and neither writes nor prints."""
        return self.rank > 0

    @property
    def is_launched(self) -> bool:
        """Whether something else has started all of the run's processes."""
        return self.launcher is not None

    @property
    def is_task_on_its_own(self) -> bool:
        """Whether Slurm has started several tasks, each of which trains a run of its own."""
        return self.slurm_tasks > 1 and not self.is_launched

    def keep_threads(self, threads: int) -> None:
        """Keeps Lightning from choosing a number of threads for processes that something else has started."""
        if self.is_launched:
            os.environ.setdefault("OMP_NUM_THREADS", str(threads))


ALONE = ProcessGroup()


def process_group(training: DictConfig, environment: Mapping[str, str] = os.environ) -> ProcessGroup:
    """Finds this process's rank, as Lightning would.

    Args:
        training: The config's group, resolved or not.
        environment: What torchrun and Slurm have set.

    Raises:
        ConfigError: The group has another size than the config asks for, or the config asks for several machines and
            nothing has started the processes on them.
    """
    nodes, devices, tasks = nodes_of(training), devices_of(training), _slurm_tasks(environment)
    if "TORCHELASTIC_RUN_ID" in environment:
        launcher, rank, size = "torchrun", int(environment["RANK"]), int(environment["WORLD_SIZE"])
    elif tasks > 1 and (devices is None or devices * nodes > 1):
        launcher, rank, size = "Slurm", int(environment.get("SLURM_PROCID", "0")), tasks
    elif "LOCAL_RANK" in environment:
        node = int(environment.get("NODE_RANK", environment.get("GROUP_RANK", "0")))
        return ProcessGroup(node * (devices or 1) + int(environment["LOCAL_RANK"]), "its environment", tasks)
    elif nodes > 1:
        hint = "Start it on each with torchrun, or with srun under Slurm: README says how."
        raise ConfigError(f"training.num_nodes={nodes}, and nothing has started it on several machines.", hint)
    else:
        return ProcessGroup(slurm_tasks=tasks)
    if devices is not None and devices * nodes != size:
        config = f"training.devices={devices} and training.num_nodes={nodes}"
        hint = f"Devices (of a node) times nodes must be {size}."
        raise ConfigError(f"{launcher} has started {size} processes, and the config says {config}.", hint)
    return ProcessGroup(rank, launcher, tasks)


def devices_of(training: DictConfig) -> int | None:
    """How many devices of a node the config asks for; None where that depends on the machine.

    Args:
        training: The config's group; `devices` as Lightning takes it: a number, a list of indices, or auto.
    """
    devices: Any = training.get("devices", 1)
    if isinstance(devices, ListConfig):
        return len(devices)
    if isinstance(devices, str) and "," in devices:
        return len([index for index in devices.split(",") if index.strip()])
    if str(devices) in ("auto", "-1"):
        return 1 if training.get("accelerator") == "cpu" else None  # all of a machine's cores are one device
    return int(devices) if str(devices).isdigit() else 1  # Lightning refuses it


def nodes_of(training: DictConfig) -> int:
    """How many machines the config asks for."""
    return int(training.get("num_nodes") or 1)


def _slurm_tasks(environment: Mapping[str, str]) -> int:
    if environment.get("SLURM_JOB_NAME") in INTERACTIVE_JOBS:
        return 0
    return int(environment.get("SLURM_NTASKS", "0"))
