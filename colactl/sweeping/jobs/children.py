"""The asking side of a fork server."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from colactl.host.processes import import_path


class ForkServer:
    """A fork server, and the one job at a time that it has started.

    Attributes:
        log: Where it writes what it has to say.
        started: When the job began, in seconds of `time.monotonic`; None while the server still loads libraries.
        last: The last line that the job said, once it has ended.

    Args:
        log: Where it writes what it has to say, such as why a library cannot be loaded.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.started: float | None = None
        self.last = ""
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "colactl.sweeping.jobs.fork_server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # a line in a buffer is none that `select` sees
                stderr=said,
                env={**os.environ, "PYTHONPATH": import_path()},
                start_new_session=True,  # a terminal's Ctrl-C is not for it
            )

    def alive(self) -> bool:
        """Whether it takes requests."""
        return self._process.poll() is None

    def start(self, **job: Any) -> None:
        """Starts a job: see `fork_server` for what it is told."""
        self.started = None
        self._ask({"start": job})

    def signal(self, number: int) -> None:
        """Passes a signal on to the job; SIGKILL goes to all that it has started, too."""
        self._ask({"signal": number})

    def wait(self, seconds: float) -> int | None:
        """Waits for the job's end for so long.

        Returns:
            Its exit code, negative where a signal ended it, or None where it still runs.

        Raises:
            ChildProcessError: The server has died, and the job with it.
        """
        assert self._process.stdout is not None  # it is a pipe
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not readable:
            return None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise ChildProcessError(f"the process that starts jobs ended with {self._process.returncode}")
        said = json.loads(line)
        if "started" in said:
            self.started = time.monotonic()
            return None
        self.last = str(said.get("last", ""))
        return int(said["ended"])

    def close(self) -> None:
        """Ends it, and the job if one runs."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both are pipes
        self._process.wait()

    def _ask(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # it is a pipe
        with suppress(BrokenPipeError):  # `wait` says that it has died
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
