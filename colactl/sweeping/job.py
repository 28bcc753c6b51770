"""A job, seen from the process that a launcher has chosen for it: started, watched, and recorded."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from omegaconf import DictConfig

from colactl.runs.run import CONFIG, LOG
from colactl.runs.state import State
from colactl.sweeping.children import ForkServer
from colactl.sweeping.devices import dealt
from colactl.sweeping.interruption import HANDLED
from colactl.sweeping.sweep import FINISH, LAUNCHER_LOG, NOW, PlannedJob, Sweep
from colactl.training import ranks

LOOK = 0.25  # seconds between two looks at what has been asked of the sweep
STOP_GRACE = 75.0  # seconds to save and end: W&B may take 65 of them to upload what it has
LOCK_PATIENCE = 15.0  # seconds for a process that was killed with its sweep to be gone

servers: list[ForkServer] = []  # this process's, if it has one: it serves one job after the other
parents: set[int] = set()  # processes whose sudden end is the end of this one's work


def run_job(config: DictConfig) -> None:
    """What a launcher calls, in whatever process it likes.

    Args:
        config: `sweep`, its folder; `index`, the job's, or a slot's, below 0; `launcher`, the process of the sweep;
            `slots` and `devices` of its machine; and a `launch.Policy`'s `retries`, `fail_fast` and `timeout`.
    """
    if os.getppid() == config.launcher:
        _serve(config.launcher)
    sweep = Sweep(Path(config.sweep))
    planned = sweep.job(config.index) if config.index >= 0 else None
    with dealt(sweep.folder, config.slots, config.devices, _training(sweep, planned)) as environment:
        job = planned or _next_trial(sweep, f"{config.launcher}{config.index}")
        if job is not None:
            _see_through(sweep, job, config, environment)


def _see_through(sweep: Sweep, job: PlannedJob, config: DictConfig, environment: dict[str, str]) -> None:
    attempt = Attempt(sweep, job, config.timeout)
    for _ in range(1 + config.retries):
        if attempt.wanted():
            attempt.run_once(environment)
    if config.fail_fast and attempt.run.status == "failed":
        sweep.stop(FINISH)
    if sweep.searches:
        from colactl.sweeping.search.trials import Trials  # Optuna may not be installed

        Trials(sweep).end(job)


def _training(sweep: Sweep, job: PlannedJob | None) -> DictConfig:
    """The group of a job; of a trial that is not drawn before there is a place for it, what all have."""
    if job is None:
        from colactl.sweeping.search.frozen import Search

        job = Search.read(sweep.folder).bases[0].job
    training: DictConfig = job.resolved().training
    return training


def _next_trial(sweep: Sweep, slot: str) -> PlannedJob | None:
    """What a slot of a search is to run, if anything."""
    if sweep.stopping() or _orphaned():
        return None
    from colactl.sweeping.search.trials import Trials

    return Trials(sweep).begin(slot)


class Attempt:
    """A job to be run, from its start or on from its newest checkpoint.

    Args:
        sweep: The job's.
        job: Any.
        timeout: Seconds that it may take; None is no limit.
    """

    def __init__(self, sweep: Sweep, job: PlannedJob, timeout: float | None) -> None:
        self.sweep, self.job, self.timeout = sweep, job, timeout
        self.run = sweep.run(job)

    def wanted(self) -> bool:
        """Whether it is to be run: it is not done, nobody works on it, and the sweep goes on."""
        deadline = time.monotonic() + LOCK_PATIENCE
        while self.run.status == "running" and time.monotonic() < deadline:
            time.sleep(LOOK)
        return self.run.status not in ("running", "done") and not self.sweep.stopping() and not _orphaned()

    def run_once(self, environment: dict[str, str]) -> None:
        """Starts it with more in its environment, waits for its end, and records what it could not record itself."""
        server = _server(self.sweep)
        server.start(
            sweep=str(self.sweep.folder),
            index=self.job.index,
            log=str(self.run.folder / LOG),
            environment=environment,
            resume=(self.run.folder / CONFIG).exists(),
        )
        code, late = None, False
        try:
            code, late = self._watch(server)
        except ChildProcessError as error:
            told = f"It could not be run: {error}; see {self.sweep.folder / LAUNCHER_LOG}"
            self.run.folder.mkdir(parents=True, exist_ok=True)
            State("failed", told).write(self.run.folder)
        if code is not None and not ranks.follows(self.job.resolved().training):  # another process of it records it
            self._record(code, late)

    def _watch(self, server: ForkServer) -> tuple[int, bool]:
        """Waits for the job's end; returns its exit code, and whether it was ended for the time that it took."""
        end, late = float("inf"), False
        try:
            while (code := server.wait(LOOK)) is None:
                now = time.monotonic()
                if now > end or _orphaned():
                    server.signal(signal.SIGKILL)
                elif end == float("inf") and (self._is_late(server, now) or self.sweep.stopping() == NOW):
                    server.signal(signal.SIGTERM)
                    end, late = now + STOP_GRACE, self._is_late(server, now)
        except BaseException:  # submitit's: Slurm takes the machine away, and the job is in its queue again or too late
            server.signal(signal.SIGTERM)
            with suppress(ChildProcessError):
                server.wait(STOP_GRACE)
            raise
        return code, late

    def _is_late(self, server: ForkServer, now: float) -> bool:
        """Whether the job has taken longer than it may; what the server loads before the first one does not count."""
        return self.timeout is not None and server.started is not None and now > server.started + self.timeout

    def _record(self, code: int, late: bool) -> None:
        """Writes how its process ended where it could not write it itself."""
        ending = (None, -code) if code < 0 else (code, None)
        if self.run.status == "done":
            return
        if late:
            State("failed", f"It took longer than {self.timeout:g} seconds.", *ending).write(self.run.folder)
        elif code < 0:
            stopped = self.sweep.stopping() == NOW
            told = f"It was killed by {signal.Signals(-code).name}"
            told += ", as the system does where memory runs out." if code == -signal.SIGKILL and not stopped else "."
            State("interrupted" if stopped else "failed", told, *ending).write(self.run.folder)
        elif self.run.state.status in ("pending", "running"):
            told = f"It exited with {code} and said nothing; see {self.run.folder / LOG}"
            State("failed", told, *ending).write(self.run.folder)


def _serve(launcher: int) -> None:
    """Makes a worker of joblib's leave signals to the sweep's own process, and end its work with it."""
    parents.add(launcher)
    for number in HANDLED:
        signal.signal(number, signal.SIG_IGN)


def _server(sweep: Sweep) -> ForkServer:
    if servers and not servers[0].alive():
        servers.pop().close()
    if not servers:
        servers.append(ForkServer(sweep.folder / LAUNCHER_LOG))
    return servers[0]


def _orphaned() -> bool:
    return bool(parents) and os.getppid() not in parents
