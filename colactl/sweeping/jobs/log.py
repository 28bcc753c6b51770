"""A job's stdout and stderr, written into its run's log."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from colactl.redaction import redacted

MOST = 1 << 16  # bytes that are read at once, and that wait for the end of their line
MOST_KEPT = 500  # characters of a line


class JobLog:
    """A pipe from a job's process to its log, made before that process; secrets are left out.

    Args:
        path: The log, which is added to; its folder is made.

    Attributes:
        last: The last line, cut where it is long; kept where it cannot be written.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self.last = ""
        self._path = path
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)  # what the job has left behind may hold the other end open
        self._over = False
        self._unfinished = b""

    def redirect_output(self) -> None:
        """Makes it stdout and stderr, in the job's process."""
        os.dup2(self._write_end, 1)
        os.dup2(self._write_end, 2)
        os.close(self._write_end)
        os.close(self._read_end)

    def close_write_end(self) -> None:
        """Leaves writing to the job's process, once that is started; called in the other one."""
        os.close(self._write_end)

    def descriptors(self) -> list[int]:
        """The file descriptor to wait at; none once the job has closed its end."""
        return [] if self._over else [self._read_end]

    def write(self) -> None:
        """Writes the whole lines that have arrived."""
        with suppress(BlockingIOError):
            while not self._over:
                received = os.read(self._read_end, MOST)
                self._over = not received
                *lines, self._unfinished = (self._unfinished + received).split(b"\n")
                self._add(b"".join(line + b"\n" for line in lines))
                if len(self._unfinished) > MOST:
                    self._finish()

    def close(self) -> None:
        """Writes the rest."""
        self.write()
        self._finish()
        os.close(self._read_end)

    def _finish(self) -> None:
        self._add(self._unfinished)
        self._unfinished = b""

    def _add(self, output: bytes) -> None:
        if output:
            text = redacted(output.decode(errors="replace"))
            self.last = next((line[:MOST_KEPT] for line in reversed(text.splitlines()) if line.strip()), self.last)
            with suppress(OSError), self._path.open("a", encoding="utf-8") as file:  # a full disk is no reason to end
                file.write(text)
