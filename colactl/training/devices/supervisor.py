"""The processes of a run on several devices: started together, watched, and ended together.

Lightning would start its workers by running the command line again, which makes a run or a whole sweep of each. Here
every rank runs `colactl.training.loop.worker` on the run's folder and its frozen config, and this process only
watches: it takes part in no collective operation, so nothing can keep it from noticing how they end.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

from colactl.errors import ColactlError, Interrupted, TrainingError
from colactl.host.processes import import_path
from colactl.host.signals import install, restore
from colactl.redaction import redacted
from colactl.runs.run import LOG

WORKER = "colactl.training.loop.worker"
OTHER_LAUNCHERS = ("SLURM_NTASKS", "TORCHELASTIC_RUN_ID")  # by these Lightning would take the workers for theirs
POLL = 0.1  # seconds between two looks at the workers
FAILURE_GRACE = 5.0  # seconds for the other workers to report their errors once one has failed
END_GRACE = 8.0  # seconds for the other workers to end once rank 0 is done
SIGNAL_WINDOW = 2.0  # seconds in which all signals are one request: Slurm, systemd and a shell may each send one
STOP_GRACE = 75.0  # seconds to end after Ctrl-C: W&B may take 65 of them to upload what it has
LOG_GRACE = 1.0  # seconds for the last output of an ended worker to reach the log


@dataclass(frozen=True)
class Answer:
    """How a worker ended, as it reports it itself.

    Attributes:
        metrics: The run's, where it succeeded.
        error: What went wrong.
        time: When it ended, in seconds of the system's clock.
    """

    metrics: dict[str, Any] | None
    error: ColactlError | OSError | None
    time: float


@dataclass(frozen=True)
class Worker:
    """A worker process. It leads a session of its own, so that a terminal's Ctrl-C reaches the supervisor alone."""

    rank: int
    process: subprocess.Popen[bytes]
    answers: IO[bytes]
    log_thread: threading.Thread | None

    def answer(self) -> Answer | None:
        """What it reported at its end; None where it was killed."""
        self.answers.seek(0)
        with suppress(EOFError, pickle.UnpicklingError):
            answer: Answer = pickle.load(self.answers)
            return answer
        return None


def supervise(folder: Path, size: int, threads: int, verbose: bool, resume: bool) -> dict[str, Any]:
    """Trains in several processes on this machine.

    Args:
        folder: The run's; its `config.yaml` is what trains.
        size: How many processes.
        threads: Of each.
        verbose: Whether rank 0 may show progress and warnings on stderr; the others write to the run's log.
        resume: Whether they go on from the newest checkpoint.

    Returns:
        The run's metrics, as rank 0 measured them.

    Raises:
        ColactlError: The error of the worker that failed first, or that one was killed.
        Interrupted: Ctrl-C or SIGTERM.
    """
    environment = worker_environment(size, threads)
    options = [*(["--verbose"] if verbose else []), *(["--resume"] if resume else [])]
    workers: list[Worker] = []
    with _stop_requests() as requests:
        try:
            for rank in range(size):
                workers.append(start(folder, rank, environment, options))
            killed = _wait(workers, requests)
        finally:
            end(workers)
    if requests:
        answer = workers[0].answer()
        error = answer.error if answer else None  # says whether it has saved
        message = error.message if isinstance(error, Interrupted) else "training was interrupted"
        raise Interrupted(message, signal_number=requests[0])
    return _metrics(workers, killed, folder)


def worker_environment(size: int, threads: int) -> dict[str, str]:
    """The environment that all workers of a run share.

    Args:
        size: How many workers there are.
        threads: Of each.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outer = {name: value for name, value in os.environ.items() if name not in OTHER_LAUNCHERS}
    return outer | {
        "PYTHONPATH": import_path(),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(size),
        "NODE_RANK": "0",
        "OMP_NUM_THREADS": str(threads),  # where it is missing, Lightning decides how many there are
    }


def start(folder: Path, rank: int, environment: dict[str, str], options: list[str]) -> Worker:
    """Starts a worker.

    Args:
        folder: The run's; what a rank above 0 writes on stderr is added to its log.
        rank: The worker's.
        environment: What `worker_environment` returned.
        options: Of `colactl.training.loop.worker`.
    """
    answers = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the worker
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", WORKER, str(folder), *options],
        stdin=subprocess.PIPE,  # never written to: its end tells the worker that this process is gone
        stdout=answers,
        stderr=None if rank == 0 else subprocess.PIPE,
        env=environment | {"LOCAL_RANK": str(rank), "RANK": str(rank)},
        start_new_session=True,
    )
    log_thread = None
    if process.stderr:
        log_thread = threading.Thread(target=_copy_to_log, args=(process.stderr, folder / LOG), daemon=True)
        log_thread.start()
    return Worker(rank, process, answers, log_thread)


def end(workers: list[Worker]) -> None:
    """Kills those that still run, with all that they have started."""
    for worker in workers:
        if worker.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.wait()
        if worker.process.stdin:
            worker.process.stdin.close()
        if worker.log_thread:
            worker.log_thread.join(LOG_GRACE)


def _copy_to_log(output: IO[bytes], log: Path) -> None:
    """Keeps what a worker prints, such as a native library's last message, without the secrets that it may quote."""
    with output:
        for line in output:
            with suppress(OSError), log.open("a", encoding="utf-8") as file:  # full disk: the pipe must not fill up
                file.write(redacted(line.decode(errors="replace")))


def _wait(workers: list[Worker], requests: list[int]) -> set[int]:
    """Waits until all have ended; returns the ranks that were killed here because another one had failed."""
    deadline, passed_on = float("inf"), 0
    killed: set[int] = set()
    while running := [worker for worker in workers if worker.process.poll() is None]:
        if passed_on < len(requests):
            passed_on = len(requests)
            deadline = time.monotonic() + (STOP_GRACE if passed_on == 1 else 0.0)
            for worker in running:  # SIGINT for SIGTERM too: Lightning's handler would begin a collective operation
                worker.process.send_signal(signal.SIGINT)
        if deadline == float("inf"):
            codes = [worker.process.returncode for worker in workers]
            grace = FAILURE_GRACE if any(codes) else END_GRACE if codes[0] == 0 else float("inf")
            deadline = time.monotonic() + grace
        if time.monotonic() > deadline:
            killed |= {worker.rank for worker in running}
            end(running)
        time.sleep(POLL)
    return killed


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collects the requests to stop, as the signals' numbers."""
    requests: list[int] = []
    last = float("-inf")

    def add(number: int, _: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() >= last + SIGNAL_WINDOW:
            last = time.monotonic()
            requests.append(number)

    earlier = install(add)
    try:
        yield requests
    finally:
        restore(earlier)


def _metrics(workers: list[Worker], killed: set[int], folder: Path) -> dict[str, Any]:
    """What rank 0 measured; where it measured nothing, raises the reason."""
    answers = {worker.rank: answer for worker in workers if (answer := worker.answer())}
    if 0 in answers and answers[0].metrics is not None:
        return answers[0].metrics
    hint = f"See {folder / LOG}"
    for worker in workers:
        if worker.process.returncode < 0 and worker.rank not in killed:
            name = signal.Signals(-worker.process.returncode).name
            if name == "SIGKILL":
                hint += ". The system kills a process so where memory runs out."
            raise TrainingError(f"The worker process of device {worker.rank} was killed by {name}.", hint)
    errors = sorted((answer for answer in answers.values() if answer.error), key=lambda answer: answer.time)
    if errors and errors[0].error:  # the others lost their connection to it
        raise errors[0].error
    raise TrainingError("A worker process ended without an answer.", hint)
