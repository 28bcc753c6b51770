"""A process that trains along with the first one of its run, where torchrun or Slurm has started them all."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import torch.distributed
from omegaconf import DictConfig

from colactl.errors import ColactlError, as_training_error
from colactl.redaction import redacted
from colactl.training import lightning_port
from colactl.training.data.corpus import load_splits
from colactl.training.devices.ranks import keep_threads, place
from colactl.training.loop.settings import settle


def take_place(training: DictConfig) -> None:
    """Tells Lightning which process this is, before it has made a Trainer.

    Args:
        training: The config's group.
    """
    found = place(training)
    lightning_port.set_rank(found.rank if found else 0)


def is_first() -> bool:
    """Whether this process is the first of those that train together, which alone writes; true for one on its own."""
    return lightning_port.rank() == 0


def follow(config: DictConfig, folder: Path | None) -> Path:
    """Trains along and writes nothing; it says nothing but the traceback of an unexpected failure, on stderr.

    Args:
        config: The one that the first process trains with.
        folder: That of a run that all of them resume; None for a new one.

    Returns:
        The first process's folder, once its run is complete.

    Raises:
        ColactlError: Whatever went wrong here.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="colactl-") as scratch:
            _train(config, folder or Path(scratch), resume=folder is not None)
        return shared_folder(None)
    except ColactlError:
        raise
    except Exception as error:
        sys.stderr.write(redacted(traceback.format_exc()))  # this process has no log
        raise as_training_error(error, "The first process's log may say more.") from error


def _train(config: DictConfig, folder: Path, resume: bool) -> None:
    from colactl.training.loop.fit import fit  # which asks here who is the first

    settled = settle(config)
    keep_threads(settled.training)
    fit(settled, load_splits(settled.data), folder, talkative=False, resume=resume)


def gathered(value: Any) -> list[Any]:
    """What each of the processes that train together has, by rank; every one of them must call this.

    Args:
        value: This process's own; anything that can be pickled.
    """
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return [value]
    values: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(values, value)
    return values


def shared_folder(folder: Path | None) -> Path:
    """Sends a folder from the first process to all; every one of them must call this.

    Args:
        folder: The run's; None in those that follow.

    Returns:
        The first process's folder.
    """
    told = [folder]
    if torch.distributed.is_initialized():
        torch.distributed.broadcast_object_list(told, src=0)
    assert told[0] is not None
    return told[0]
