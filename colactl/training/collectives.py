"""Values exchanged by the processes that train a run together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch.distributed


def gather(value: Any) -> list[Any]:
    """Collects a value of each process, by rank; every process must call this.

    Args:
        value: This process's own; anything that can be pickled.
    """
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return [value]
    values: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(values, value)
    return values


def broadcast_folder(folder: Path | None) -> Path:
    """Sends rank 0's folder to all processes; every process must call this.

    Args:
        folder: The run's; None in a worker.

    Returns:
        Rank 0's folder.
    """
    folders = [folder]
    if torch.distributed.is_initialized():
        torch.distributed.broadcast_object_list(folders, src=0)
    assert folders[0] is not None
    return folders[0]
