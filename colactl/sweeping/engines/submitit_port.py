"""What colactl changes inside submitit, in one place: its silence, and its waiting for all of a sweep's jobs.

Tried with 1.5.4. Nothing it takes has a private name, but it puts things of its own into submitit's classes.
"""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from submitit import Job, SlurmJob
from submitit.core.utils import FailedJobError, UncompletedJobError
from submitit.slurm.slurm import SlurmInfoWatcher

# Slurm's names of states that a job does not leave; a preempted one is requeued, or disappears.
FINAL = {
    *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "REVOKED", "TIMEOUT"),
}
GONE = "COMPLETED"  # of a job that Slurm has forgotten, as it does minutes after its end
INTERVAL = 60.0  # seconds between two questions to Slurm, at most
SHORTEST = 2.0  # seconds, at least; from then on half of what has passed since the last job was submitted
SQUEUE = ["squeue", "--me", "--noheader", "--array", "--states=all", "--format=%i|%T"]

log = logging.getLogger(__name__)


class QueueWatcher(SlurmInfoWatcher):
    """Asks squeue how jobs are, which every Slurm can tell.

    submitit asks sacct, which needs an accounting database: without one a job that was killed would be waited for in
    vain, with a complaint on stdout and stderr each time.

    Attributes:
        jobs: All that submitit has submitted, such as `12_0`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.jobs: set[str] = set()
        self._states: dict[str, str] = {}
        self._submitted = self._asked = float("-inf")  # seconds of the monotonic clock

    def register_job(self, job_id: str) -> None:
        """Takes note of a job."""
        self.jobs.add(job_id)
        self._submitted, self._asked = time.monotonic(), float("-inf")

    def get_state(self, job_id: str, mode: str = "standard") -> str:
        """A job's state, in Slurm's words; `mode` is as for `update_if_long_enough`."""
        if job_id not in self.jobs:
            self.register_job(job_id)
        self.update_if_long_enough(mode)
        return self._states.get(job_id, "UNKNOWN")

    def get_info(self, job_id: str, mode: str = "standard") -> dict[str, str]:
        """Likewise, as submitit has it."""
        return {"State": self.get_state(job_id, mode)}

    def update_if_long_enough(self, mode: str) -> None:
        """Asks again after a while; at once where `mode` is force, never where it is cache."""
        now = time.monotonic()
        pause = 0.0 if mode == "force" else min(INTERVAL, max(SHORTEST, (now - self._submitted) / 2))
        if mode != "cache" and now > self._asked + pause:
            self.update()

    def update(self) -> None:
        """Asks squeue, unless all jobs have ended; one that it does not name is gone."""
        if all(self._states.get(job) in FINAL for job in self.jobs):
            return
        try:
            told = subprocess.run(SQUEUE, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            log.info("squeue does not answer: %s", error)
        else:
            states = dict(line.split("|", 1) for line in told.split() if "|" in line)
            self._states = {job: _state(states.get(job, GONE)) for job in self.jobs}
        self._asked = time.monotonic()


def _state(state: str) -> str:
    """As submitit has it, for which all that it does not know is an end."""
    return state if state in FINAL else "RUNNING"


def withdraw() -> None:
    """Takes the sweep's jobs that have not begun out of Slurm's queue, where they might wait for hours for nothing."""
    watcher = SlurmJob.watcher
    if isinstance(watcher, QueueWatcher) and watcher.jobs:
        waiting = sorted({job.partition("_")[0] for job in watcher.jobs})
        done = subprocess.run(["scancel", "--state=PENDING", *waiting], capture_output=True, text=True)
        log.info("scancel said %d: %s", done.returncode, done.stderr.strip())
        watcher.update()


@contextmanager
def patient_submitit() -> Iterator[None]:
    """While it is entered, submitit says nothing on the terminal, and a job that was killed ends no wait for others.

    It needs `SlurmJob.watcher`, which all jobs ask for their states, and `Job.results` (both since 1.0). A launcher
    makes its executor and its jobs itself, so that they can be reached in their classes alone. Hydra's takes the jobs'
    results in order and stops at the first that has none; what became of a job is recorded in its folder, so its result
    is not needed. Without these a sweep on a cluster ends with the first job that was killed.
    """
    logger = logging.getLogger("submitit")
    handlers, watcher, results = logger.handlers, SlurmJob.watcher, Job.results

    def settled(job: Job[Any]) -> list[Any]:
        job.wait()
        if job.num_tasks == 1 and not job.paths.result_pickle.exists():
            log.info("Job %s has left no result.", job.job_id)  # submitit would wait for it for 15 seconds more
            return [None]
        try:
            return results(job)
        except (UncompletedJobError, FailedJobError) as error:
            log.info("Job %s: %s", job.job_id, error)
            return [None]

    logger.handlers = [logging.NullHandler()]
    SlurmJob.watcher = QueueWatcher()
    Job.results = settled  # type: ignore[method-assign,assignment]  # the reason is above
    try:
        yield
    finally:
        logger.handlers, SlurmJob.watcher = handlers, watcher
        Job.results = results  # type: ignore[method-assign]  # as it was
