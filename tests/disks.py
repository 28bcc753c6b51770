"""A disk that gets full."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def fill(disk: Path) -> Path:
    """Leaves no room on it; to take the file away is to have room again."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
    return filler
