"""Which of a machine's GPUs a job of a sweep sees, where the engine does not say."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from omegaconf import DictConfig

from colactl.composition.machine import VISIBLE
from colactl.host.ranks import devices_of

SLOTS = ".slots"
PAUSE = 0.2  # seconds between two looks for a free slot


def wanted(training: DictConfig, devices: Sequence[str]) -> int:
    """How many GPUs a job asks for; 0 on a machine without one.

    Args:
        training: The job's group.
        devices: The GPUs there are.
    """
    if training.get("accelerator", "auto") not in ("auto", "gpu", "cuda"):
        return 0
    asked = devices_of(training)
    return len(devices) if asked is None else min(asked, len(devices))


def gpu_environment(slot: int, slots: int, devices: Sequence[str], gpus: int = 1) -> dict[str, str]:
    """What a job's environment needs so that jobs at the same time do not share a GPU while another is idle.

    Args:
        slot: The job's, from 0.
        slots: How many jobs run at once; one alone sees all GPUs.
        devices: The GPUs there are for the sweep, as its own process sees them: an engine may hide them from its jobs.
        gpus: How many the job asks for; one that asks for several chooses by itself.
    """
    if not devices:
        return {}
    return {VISIBLE: devices[slot % len(devices)] if slots > 1 and gpus == 1 else ",".join(devices)}


@contextmanager
def dealt(folder: Path, slots: int, devices: Sequence[str], training: DictConfig) -> Iterator[dict[str, str]]:
    """Takes a slot for a job, and gives what the job's environment needs.

    Args:
        folder: The sweep's.
        slots: How many there are; 0 where the engine schedules the jobs.
        devices: The GPUs there are for the sweep.
        training: The job's group.
    """
    if not slots:
        yield {}
        return
    with slot(folder, slots) as number:
        yield gpu_environment(number, slots, devices, wanted(training, devices))


@contextmanager
def slot(folder: Path, slots: int) -> Iterator[int]:
    """Takes one of a sweep's slots, and waits while all are taken; one whose process dies is free again.

    Args:
        folder: The sweep's, on this machine.
        slots: How many there are.

    Yields:
        Its number, from 0.
    """
    locks = folder / SLOTS
    locks.mkdir(exist_ok=True)
    while True:
        for number in range(slots):
            with (locks / str(number)).open("w") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield number
                return
        time.sleep(PAUSE)
