"""What a job says on stdout and stderr, on its way into its run's log."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from colactl.redaction import redacted

MOST = 1 << 16  # bytes that are read at once, and that wait for the end of their line
MOST_KEPT = 500  # characters of a line


class JobLog:
    """Made before the job's process is, which speaks into a pipe; what it says is written without secrets.

    Args:
        path: The log, which is added to; its folder is made.

    Attributes:
        last: The last line that was said, cut where it is long: kept where it cannot be written.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self.last = ""
        self._path = path
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._ear, False)  # what the job has left behind may hold the other end open
        self._over = False
        self._unfinished = b""

    def speak(self) -> None:
        """In the job's process: makes it stdout and stderr."""
        os.dup2(self._mouth, 1)
        os.dup2(self._mouth, 2)
        os.close(self._mouth)
        os.close(self._ear)

    def listen(self) -> None:
        """In the other one, once the job's is there."""
        os.close(self._mouth)

    def waiting(self) -> list[int]:
        """The file descriptor to wait at for something to write down; none once there is nothing to come."""
        return [] if self._over else [self._ear]

    def write(self) -> None:
        """Writes down what has been said in whole lines."""
        with suppress(BlockingIOError):
            while not self._over:
                said = os.read(self._ear, MOST)
                self._over = not said
                *lines, self._unfinished = (self._unfinished + said).split(b"\n")
                self._add(b"".join(line + b"\n" for line in lines))
                if len(self._unfinished) > MOST:
                    self._finish()

    def close(self) -> None:
        """Writes down the rest."""
        self.write()
        self._finish()
        os.close(self._ear)

    def _finish(self) -> None:
        self._add(self._unfinished)
        self._unfinished = b""

    def _add(self, said: bytes) -> None:
        if said:
            text = redacted(said.decode(errors="replace"))
            self.last = next((line[:MOST_KEPT] for line in reversed(text.splitlines()) if line.strip()), self.last)
            with suppress(OSError), self._path.open("a", encoding="utf-8") as file:  # a full disk is no reason to end
                file.write(text)
