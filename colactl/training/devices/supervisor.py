"""The worker processes of a run on several devices: started together, watched, and ended together.

Lightning would start its workers by running the command line again, which makes a run or a whole sweep of each. Here
every rank runs `colactl.training.devices.worker` on the run's folder and its frozen config, and this process only
watches: it takes part in no collective operation, so nothing can keep it from noticing how they end.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from colactl.errors import Interrupted, TrainingError
from colactl.runs.run import LOG
from colactl.training.devices.processes import Worker, end, environment_of, start

POLL = 0.1  # seconds between two looks at the workers
FAILURE_GRACE = 5.0  # seconds for the other workers to say what they saw once one has failed
END_GRACE = 8.0  # seconds for the other workers to end once the first one is through
ONE_REQUEST = 2.0  # seconds in which all signals are one request: Slurm, systemd and a shell may each send one
STOP_GRACE = 75.0  # seconds to end after Ctrl-C: W&B may take 65 of them to upload what it has


def supervise(folder: Path, size: int, threads: int, talkative: bool, resume: bool) -> dict[str, Any]:
    """Trains in several processes on this machine.

    Args:
        folder: The run's; its `config.yaml` is what trains.
        size: How many processes.
        threads: Of each.
        talkative: Whether the first one may show progress and warnings on stderr; the others write to the run's log.
        resume: Whether they go on from the newest checkpoint.

    Returns:
        The run's figures, as the first process measured them.

    Raises:
        ColactlError: What the worker said that failed first, or that one was killed.
        Interrupted: Ctrl-C or SIGTERM.
    """
    environment = environment_of(size, threads)
    options = [*(["--talk"] if talkative else []), *(["--resume"] if resume else [])]
    workers: list[Worker] = []
    with _signals() as received:
        try:
            for rank in range(size):
                workers.append(start(folder, rank, environment, folder / LOG, options))
            doomed = _wait(workers, received)
        finally:
            end(workers)
    if received:
        answer = workers[0].answer()
        told = answer.error if answer else None  # that it has saved, say
        message = told.message if isinstance(told, Interrupted) else "training was interrupted"
        raise Interrupted(message, signal_number=received[0])
    return _figures(workers, doomed, folder)


def _wait(workers: list[Worker], received: list[int]) -> set[int]:
    """Waits until all have ended; returns the ranks that were killed here because another one had failed."""
    deadline, told = float("inf"), 0
    doomed: set[int] = set()
    while running := [worker for worker in workers if worker.process.poll() is None]:
        if told < len(received):
            told = len(received)
            deadline = time.monotonic() + (STOP_GRACE if told == 1 else 0.0)
            for worker in running:  # SIGTERM too: Lightning's handler would begin a collective operation inside itself
                worker.process.send_signal(signal.SIGINT)
        if deadline == float("inf"):
            codes = [worker.process.returncode for worker in workers]
            grace = FAILURE_GRACE if any(codes) else END_GRACE if codes[0] == 0 else float("inf")
            deadline = time.monotonic() + grace
        if time.monotonic() > deadline:
            doomed |= {worker.rank for worker in running}
            end(running)
        time.sleep(POLL)
    return doomed


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collects the requests to stop, as the signals' numbers, in the main thread, where handlers can be."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    counted = float("-inf")

    def count(number: int, _: FrameType | None) -> None:
        nonlocal counted
        if time.monotonic() >= counted + ONE_REQUEST:
            counted = time.monotonic()
            received.append(number)

    wanted = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, count) for number in wanted}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _figures(workers: list[Worker], doomed: set[int], folder: Path) -> dict[str, Any]:
    """What the first worker measured, which takes all of them; without that, why there is nothing."""
    answers = {worker.rank: answer for worker in workers if (answer := worker.answer())}
    if 0 in answers and answers[0].figures is not None:
        return answers[0].figures
    see = f"See {folder / LOG}"
    for worker in workers:
        if worker.process.returncode < 0 and worker.rank not in doomed:
            name = signal.Signals(-worker.process.returncode).name
            hint = f"{see}. The system kills a process so where memory runs out." if name == "SIGKILL" else see
            raise TrainingError(f"The worker process of device {worker.rank} was killed by {name}.", hint)
    errors = sorted((answer for answer in answers.values() if answer.error), key=lambda answer: answer.at)
    if errors and errors[0].error:  # the others lost their connection to it
        raise errors[0].error
    raise TrainingError("A worker process ended without an answer.", see)
