"""What was costly to compute, kept in the user's cache folder for the next run, and bounded in size."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from colactl.runs.files import replacing

LARGEST = 2**30  # bytes that all files of a kind may take; beyond it those that were not used for longest go

Key = dict[str, Any]


def cache_folder() -> Path | None:
    """`$COLACTL_CACHE`, else `colactl` in the user's cache folder; None for a user without a home."""
    own, shared = os.environ.get("COLACTL_CACHE"), os.environ.get("XDG_CACHE_HOME")
    if own:
        return Path(own)
    try:
        return (Path(shared) if shared else Path.home() / ".cache") / "colactl"
    except RuntimeError:
        return None


def cache_file(kind: str, key: Key, suffix: str) -> Path | None:
    """Where something is kept, by all that it depends on; None where there is no cache.

    Args:
        kind: Its folder's name.
        key: What JSON can hold.
        suffix: Of the file's name.
    """
    folder = cache_folder()
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return None if folder is None else folder / kind / f"{name}{suffix}"


def used(file: Path) -> None:
    """Notes that a file was of use now."""
    with suppress(OSError):  # a cache that others filled, or that cannot be written
        os.utime(file)


def keep(file: Path, content: bytes) -> None:
    """Writes a file in one atomic step; where that cannot be done, there is none."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as written:
            written.write(content)
        _prune(file.parent)


def _prune(folder: Path) -> None:
    """Deletes what was not used for longest, a writer's remains included, until the rest is small enough."""
    files = []
    for path in list(folder.iterdir()):
        with suppress(FileNotFoundError):  # another process is done with it
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= LARGEST:
            return
        path.unlink(missing_ok=True)
        total -= size
