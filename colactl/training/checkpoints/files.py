"""Checkpoint files: written whole or not at all, the newest two of them kept, and checked before they are used."""

from __future__ import annotations

import logging
import os
import pickle
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from colactl.errors import TrainingError, first_line
from colactl.shell import quoted

BEST, LAST, PREVIOUS = "best.ckpt", "last.ckpt", "previous.ckpt"
ECONOMIES = "economies"  # the key of a checkpoint that has the names of those in force
UNREADABLE = (  # what reading a damaged file may raise
    *(OSError, RuntimeError, EOFError, LookupError, ValueError),
    *(zipfile.BadZipFile, zlib.error, pickle.UnpicklingError),
)

log = logging.getLogger(__name__)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the file and then replaces it: a kill, or a full disk, leaves the old one as it was.

    The `last.ckpt` that is replaced stays as `previous.ckpt`, in case the new one is damaged later.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Writes a checkpoint; its folder is made if absent.

        Raises:
            TrainingError: It cannot be written.
        """
        if storage_options is not None:
            raise TypeError(f"{type(self).__name__} takes no storage options")
        path = Path(path)
        partial = path.with_name(f".{path.name}.partial")  # one process holds the run, so the name is free
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(checkpoint, partial)
            _to_disk(partial)
            if path.name == LAST and path.exists():
                path.replace(path.with_name(PREVIOUS))
            partial.replace(path)
        except (OSError, RuntimeError) as error:  # RuntimeError: torch's own writer, of a full disk
            reason = getattr(error, "strerror", None) or "is the disk full?"
            raise TrainingError(f"The checkpoint {path} cannot be written: {reason}", _hint(path)) from error
        finally:
            partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read without a fault.

    Attributes:
        path: The file.
        step: The optimizer steps that were done.
        economies: Those in force when it was written; None where 0.1.0 wrote it.
    """

    path: Path
    step: int
    economies: tuple[str, ...] | None


def newest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint of a folder that can be read, or None where there is none.

    Args:
        folder: A run's `checkpoints`.

    Raises:
        TrainingError: There are some, and none can be read.
    """
    paths = [folder / name for name in (LAST, PREVIOUS) if (folder / name).exists()]
    for path in paths:
        try:
            content = read(path)
            economies = content.get(ECONOMIES)
            return Checkpoint(path, int(content["global_step"]), None if economies is None else tuple(economies))
        except UNREADABLE as error:
            log.warning("%s is damaged, and the one before it is used: %s", path, first_line(error))
    if paths:
        again = f"Train anew with: colactl train --rerun {quoted(str(folder.parent))}"
        raise TrainingError(f"No checkpoint in {folder} can be read.", again)
    return None


def read(path: Path) -> dict[str, Any]:
    """What a checkpoint holds: tensors and plain values only, nothing that would run code.

    Raises:
        zipfile.BadZipFile: It is torn, or a bit of it has changed: torch itself checks no sums.
        pickle.UnpicklingError: It holds anything else.
    """
    with zipfile.ZipFile(path) as archive:
        if damaged := archive.testzip():
            raise zipfile.BadZipFile(f"the checksum of {damaged} is wrong")
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def _to_disk(path: Path) -> None:
    """Waits until the file is on the disk: renamed before that, it could be empty after a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _hint(path: Path) -> str:
    return f"Make room, then continue with: colactl train --resume {quoted(str(path.parent.parent))}"
