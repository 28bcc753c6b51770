"""A process that trains along with the first one of its run, where torchrun or Slurm has started them all."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path

import torch.distributed
from omegaconf import DictConfig
from pytorch_lightning.utilities import rank_zero_only

from colactl.errors import ColactlError, as_training_error
from colactl.training.corpus import load_splits
from colactl.training.ranks import keep_threads
from colactl.training.settings import settle


def is_first() -> bool:
    """Whether this process is the first of those that train together, which alone writes; true for one on its own."""
    return getattr(rank_zero_only, "rank", 0) == 0


def follow(config: DictConfig, folder: Path | None) -> Path:
    """Trains along, writes nothing, and says nothing.

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
        traceback.print_exc()  # this process has no log
        raise as_training_error(error, "The first process's log may say more.") from error


def _train(config: DictConfig, folder: Path, resume: bool) -> None:
    from colactl.training.fit import fit  # which asks here who is the first

    settled = settle(config)
    keep_threads(settled.training)
    fit(settled, load_splits(settled.data), folder, talkative=False, resume=resume)


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
