"""The lock that a process holds on its run: it goes when the process does, however it ends."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

PAUSES = (0.01, 0.03, 0.06)  # seconds; who only asks whether it is held has it for less


def take(lock: IO[str]) -> None:
    """Takes the lock until the file is closed.

    Raises:
        BlockingIOError: Another process keeps it.
    """
    for pause in PAUSES:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
    return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def held(path: Path) -> bool:
    """Whether a process holds it; in a folder of somebody else's too.

    A lock can only be tried, which for a moment is to have it: shared, so that two who ask do not see each other.
    """
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
