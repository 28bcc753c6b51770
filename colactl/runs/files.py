"""Files that are written whole or not at all, and the lock that a process holds on a run: it ends with the process."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from colactl.errors import ConfigError, first_line
from colactl.redaction import redacted

BLOCK = 512  # bytes: what `stat` counts in
PAUSES = (0.01, 0.03, 0.06)  # seconds; a process that only asks whether a lock is held has it for less
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # what a write fails with: full, over the quota, read-only


@contextmanager
def replacing(path: Path, new: bool = False) -> Iterator[IO[bytes]]:
    """Gives a file to write to that takes the place of `path` in one atomic step, at the end and only if all went well.

    Until then it lies beside it, under a name that begins with a dot.

    Args:
        path: The file.
        new: Whether there must be none of that name yet.

    Raises:
        FileExistsError: There is one, and a new one was wanted.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())  # mkstemp's 0600 would hide results from the user's group
        if new:
            path.hardlink_to(temporary)  # which replaces nothing
            Path(temporary).unlink()
        else:
            Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes a file in one atomic step: a reader, or a kill at any moment, sees the old text or the new one.

    The environment's secrets are replaced by ***, such as one that was typed on the command line.
    """
    with replacing(path) as file:
        file.write(_encoded(text))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON file in one atomic step."""
    write_text(path, _json(value))


def overwrite_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes over a small JSON file in the room that it has: in one call, its rest filled up with spaces.

    Raises:
        OSError: It cannot be written.
    """
    there = path.stat()
    data = _encoded(_json(value)).ljust(there.st_size)
    if len(data) > max(there.st_size, there.st_blocks * BLOCK):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # half of it may have found room
    with path.open("r+b", buffering=0) as file:
        file.write(data)


def read_json(path: Path) -> dict[str, Any] | None:
    """What `write_json` wrote, or None where there is no such file.

    Raises:
        ConfigError: It is something else, or cannot be read.
    """
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not as colactl wrote it: {first_line(error)}.") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{path} is not as colactl wrote it: it is no mapping.")
    return value


def is_damaged(path: Path) -> bool:
    """Whether there is a file that `read_json` refuses."""
    try:
        read_json(path)
    except ConfigError:
        return True
    return False


def take_lock(lock: IO[str]) -> None:
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


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock; in a folder of somebody else's too.

    A lock can only be tried, which is to have it for a moment: shared, so that two who ask do not see each other.
    """
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _encoded(text: str) -> bytes:
    return redacted(text).encode("utf-8", "backslashreplace")  # a file name may be no Unicode; escaped as in JSON


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _umask() -> int:
    mask = os.umask(0)  # the only way to read it is to set it
    os.umask(mask)
    return mask
