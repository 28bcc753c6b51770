"""One worker process each: its place in the group, its start, its end, and what it said."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from colactl.errors import ColactlError
from colactl.redaction import redacted

OUTSIDE = ("SLURM_NTASKS", "TORCHELASTIC_RUN_ID")  # by these Lightning would take the workers for another launcher's

LAST_WORDS = 1.0  # seconds for what an ended worker has said to reach the log


@dataclass(frozen=True)
class Answer:
    """How a worker ended, in its own words.

    Attributes:
        figures: The run's, where it went well.
        error: What went wrong.
        at: When, in seconds of the system's clock.
    """

    figures: dict[str, Any] | None
    error: ColactlError | OSError | None
    at: float


@dataclass(frozen=True)
class Worker:
    """A worker process, which leads a session of its own so that a terminal's Ctrl-C comes here alone."""

    rank: int
    process: subprocess.Popen[bytes]
    answers: IO[bytes]
    listener: threading.Thread | None

    def answer(self) -> Answer | None:
        """What it said at its end; None where it was killed."""
        self.answers.seek(0)
        with suppress(EOFError, pickle.UnpicklingError):
            answer: Answer = pickle.load(self.answers)
            return answer
        return None


def import_path() -> str:
    """A PYTHONPATH with which another process finds what this one does, a user's own classes too."""
    return os.pathsep.join(path or str(Path.cwd()) for path in sys.path)


def environment_of(size: int, threads: int) -> dict[str, str]:
    """What all the workers of a run have in common.

    Args:
        size: How many there are.
        threads: Of each.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outer = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    return outer | {
        "PYTHONPATH": import_path(),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(size),
        "NODE_RANK": "0",
        "OMP_NUM_THREADS": str(threads),  # where it is missing, Lightning decides how many there are
    }


def start(folder: Path, rank: int, environment: dict[str, str], log: Path, options: list[str]) -> Worker:
    """Starts one.

    Args:
        folder: The run's.
        rank: Its place, from 0.
        environment: What `environment_of` gave.
        log: The run's; what all but the first say on stderr is added to it.
        options: Of `colactl.training.devices.worker`.
    """
    answers = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the worker
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "colactl.training.devices.worker", str(folder), *options],
        stdin=subprocess.PIPE,  # never written to: its end tells the worker that this process is gone
        stdout=answers,
        stderr=None if rank == 0 else subprocess.PIPE,
        env=environment | {"LOCAL_RANK": str(rank), "RANK": str(rank)},
        start_new_session=True,
    )
    listener = None
    if process.stderr:
        listener = threading.Thread(target=_listen, args=(process.stderr, log), daemon=True)
        listener.start()
    return Worker(rank, process, answers, listener)


def _listen(said: IO[bytes], log: Path) -> None:
    """Keeps what a worker says, such as a native library's last words, without the secrets that it may quote."""
    with said:
        for line in said:
            with suppress(OSError), log.open("a", encoding="utf-8") as file:  # full disk: no one may wait on the pipe
                file.write(redacted(line.decode(errors="replace")))


def end(workers: list[Worker]) -> None:
    """Kills those that still run, with all that they have started."""
    for worker in workers:
        if worker.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.wait()
        if worker.process.stdin:
            worker.process.stdin.close()
        if worker.listener:
            worker.listener.join(LAST_WORDS)
