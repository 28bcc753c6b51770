"""submitit, as quiet as the other engines, and waiting for all of a sweep's jobs whatever becomes of one."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from submitit.core.core import Job
from submitit.core.utils import FailedJobError, UncompletedJobError
from submitit.slurm.slurm import SlurmInfoWatcher, SlurmJob

# Slurm's names of states that a job does not leave; a preempted one is requeued, or disappears.
FINAL = {
    *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "REVOKED", "TIMEOUT"),
}
GONE = "COMPLETED"  # of a job that Slurm has forgotten, as it does minutes after its end
INTERVAL = 60  # seconds between two questions to Slurm, at most

log = logging.getLogger(__name__)


class QueueWatcher(SlurmInfoWatcher):
    """Asks squeue how jobs are, which every Slurm can tell.

    submitit asks sacct, which needs an accounting database: without one a job that was killed would be waited for in
    vain, with a complaint on stdout and stderr each time.
    """

    def _make_command(self) -> list[str] | None:
        if self._registered <= self._finished:
            return None
        return ["squeue", "--me", "--noheader", "--array", "--states=all", "--format=%i|%T"]

    def read_info(self, string: bytes | str) -> dict[str, dict[str, str]]:
        """The states by job, such as `12_0`, of squeue's output; a job that it does not name is gone."""
        text = string if isinstance(string, str) else string.decode()
        states = dict(line.split("|", 1) for line in text.split() if "|" in line)
        return {job: {"State": _state(states.get(job, GONE))} for job in self._registered}


def withdraw() -> None:
    """Takes the sweep's jobs that have not begun out of Slurm's queue, where they might wait for hours for nothing."""
    if waiting := sorted({job.partition("_")[0] for job in SlurmJob.watcher._registered}):
        done = subprocess.run(["scancel", "--state=PENDING", *waiting], capture_output=True, text=True)
        log.info("scancel said %d: %s", done.returncode, done.stderr.strip())
        SlurmJob.watcher.update()


def _state(state: str) -> str:
    """As submitit has it, for which all that it does not know is an end."""
    return state if state in FINAL else "RUNNING"


@contextmanager
def patient_submitit() -> Iterator[None]:
    """While it is entered, submitit says nothing on the terminal, and a job that was killed ends no wait for others.

    Hydra's launcher takes the jobs' results in order and stops at the first that has none; what became of a job is
    recorded in its folder, so its result is not needed.
    """
    logger = logging.getLogger("submitit")
    handlers, watcher, results, patience = logger.handlers, SlurmJob.watcher, Job.results, Job._results_timeout_s

    def settled(job: Job[Any]) -> list[Any]:
        try:
            return results(job)
        except (UncompletedJobError, FailedJobError) as error:
            log.info("Job %s: %s", job.job_id, error)
            return [None]

    logger.handlers = [logging.NullHandler()]
    SlurmJob.watcher = QueueWatcher(delay_s=INTERVAL)
    Job._results_timeout_s = 0  # it would wait so long for the result of each job that was killed or withdrawn
    Job.results = settled  # type: ignore[method-assign,assignment] # a launcher's executor is not to be had from outside
    try:
        yield
    finally:
        logger.handlers = handlers
        SlurmJob.watcher, Job._results_timeout_s = watcher, patience
        Job.results = results  # type: ignore[method-assign] # as it was
