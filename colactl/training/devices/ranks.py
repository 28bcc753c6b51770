"""Which of several training processes this one is, as Lightning reads it from torchrun's and Slurm's environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, ListConfig

from colactl.errors import ConfigError

INTERACTIVE_JOBS = ("bash", "interactive")  # names of Slurm jobs in which Lightning starts the processes itself


@dataclass(frozen=True)
class Place:
    """A process's place in a group that something else has started.

    Attributes:
        launcher: What started it.
        rank: From 0; the first one writes the run's folder, the others only train.
        size: Processes in all; None where the launcher does not say.
    """

    launcher: str
    rank: int
    size: int | None = None


def place(training: DictConfig) -> Place | None:
    """This process's place in a group, or None where it is on its own and starts what it needs.

    Args:
        training: The config's group, interpolations or not.

    Raises:
        ConfigError: The group has another size than the config asks for, or several machines are wanted without one.
    """
    nodes, devices, environment = nodes_of(training), devices_of(training), os.environ
    if "TORCHELASTIC_RUN_ID" in environment:
        found = Place("torchrun", int(environment["RANK"]), int(environment["WORLD_SIZE"]))
    elif _slurm_tasks() > 1 and (devices is None or devices * nodes > 1):
        found = Place("Slurm", int(environment.get("SLURM_PROCID", "0")), _slurm_tasks())
    elif "LOCAL_RANK" in environment:
        node = int(environment.get("NODE_RANK", environment.get("GROUP_RANK", "0")))
        return Place("its environment", node * (devices or 1) + int(environment["LOCAL_RANK"]))
    elif nodes > 1:
        hint = "Start it on each with torchrun, or with srun under Slurm: README says how."
        raise ConfigError(f"training.num_nodes={nodes}, and nothing has started it on several machines.", hint)
    else:
        return None
    if devices is not None and devices * nodes != found.size:
        asked = f"training.devices={devices} and training.num_nodes={nodes}"
        hint = f"Devices (of a node) times nodes must be {found.size}."
        raise ConfigError(f"{found.launcher} has started {found.size} processes, and the config says {asked}.", hint)
    return found


def apart(training: DictConfig) -> bool:
    """Whether Slurm has started several tasks that each train on their own."""
    return _slurm_tasks() > 1 and place(training) is None


def follows(training: DictConfig) -> bool:
    """Whether another process leads this one: it then writes nothing and says nothing."""
    found = place(training)
    return found is not None and found.rank > 0


def processes(training: DictConfig) -> int:
    """How many processes a run needs that this one starts; 1 where it trains by itself."""
    if place(training) is not None:
        return 1
    devices = devices_of(training)
    return _devices_here(training) if devices is None else devices


def devices_of(training: DictConfig) -> int | None:
    """How many devices of a node the config asks for; None where that is for the machine to say.

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


def _devices_here(training: DictConfig) -> int:
    import pytorch_lightning as pl
    from pytorch_lightning.utilities.exceptions import MisconfigurationException

    from colactl.training.log import log_to

    with log_to(None, show_warnings=False):
        try:
            return pl.Trainer(accelerator=training.accelerator, devices=training.devices, barebones=True).num_devices
        except (MisconfigurationException, ModuleNotFoundError, ValueError):  # training tells it in a sentence
            return 1


def nodes_of(training: DictConfig) -> int:
    """How many machines the config asks for."""
    return int(training.get("num_nodes") or 1)


def sharers(training: DictConfig) -> int:
    """How many processes share this machine's cores in a run; under Slurm each has cores of its own."""
    return 1 if _slurm_tasks() > 1 else devices_of(training) or _devices_here(training)


def keep_threads(training: DictConfig) -> None:
    """Keeps Lightning from choosing a number of threads for the processes of a group.

    Args:
        training: The config's group, settled.
    """
    if place(training) is not None:
        os.environ.setdefault("OMP_NUM_THREADS", str(training.threads))


def _slurm_tasks() -> int:
    if os.environ.get("SLURM_JOB_NAME") in INTERACTIVE_JOBS:
        return 0
    return int(os.environ.get("SLURM_NTASKS", "0"))
