"""A job, in the process that a launcher has chosen for it: started in another one, watched, and recorded."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

from omegaconf import DictConfig

from colactl.errors import ConfigError
from colactl.host.ranks import process_group
from colactl.host.signals import STOP_SIGNALS
from colactl.runs.run import CONFIG, LOG, State
from colactl.sweeping.engines.devices import dealt
from colactl.sweeping.folder import FINISH, NOW, Sweep
from colactl.sweeping.jobs.fork_server import ForkServer
from colactl.sweeping.names import LAUNCHER_LOG
from colactl.sweeping.planned import PlannedJob

LOOK = 0.25  # seconds between two looks at what has been asked of the sweep
STOP_GRACE = 75.0  # seconds to save and end: W&B may take 65 of them to upload what it has
LOCK_PATIENCE = 15.0  # seconds for what an earlier start of the job has left to end, as where Ray lost a worker

own = threading.local()  # its `server` serves one job after the other; joblib may run jobs in threads
parents: set[int] = set()  # processes whose sudden end is the end of this one's work


def run_job(config: DictConfig) -> None:
    """What a launcher calls, in whatever process it likes.

    Args:
        config: `sweep`, its folder; `index`, the job's, or a slot's, below 0; `launcher`, the process of the sweep;
            `slots` and `devices` of its machine; and a `launch.Policy`'s `retries`, `fail_fast` and `timeout`.
    """
    if os.getppid() == config.launcher:  # a worker of joblib's
        parents.add(config.launcher)
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # they are for the sweep's own process
    sweep = Sweep(Path(config.sweep))
    planned = sweep.job(config.index) if config.index >= 0 else None
    with dealt(sweep.folder, config.slots, config.devices, _training(sweep, planned)) as environment:
        job = planned or _next_trial(sweep, f"{config.launcher}{config.index}")
        if job is not None:
            _run(sweep, job, config, environment)


def _run(sweep: Sweep, job: PlannedJob, config: DictConfig, environment: dict[str, str]) -> None:
    attempt = Attempt(sweep, job, config.timeout)
    for _ in range(1 + config.retries):
        if attempt.wanted():
            attempt.run_once(environment)
        if attempt.run.state.exit_code == ConfigError.exit_code:
            break  # what is wrong with a config is wrong again
    if config.fail_fast and attempt.run.status == "failed" and not sweep.stopping():  # NOW is more than FINISH
        sweep.stop(FINISH)
    if sweep.searches:
        from colactl.sweeping.search.trials import Trials  # Optuna may not be installed

        Trials(sweep).end(job)


def _training(sweep: Sweep, job: PlannedJob | None) -> DictConfig:
    """The group of a job; of a trial that is not drawn before there is a place for it, what all have."""
    if job is None:
        from colactl.sweeping.search.definition import Search

        job = Search.read(sweep.folder).bases[0].job
    training: DictConfig = job.resolved().training
    return training


def _next_trial(sweep: Sweep, slot: str) -> PlannedJob | None:
    """What a slot of a search is to run, if anything."""
    if sweep.stopping() or orphaned():
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
        return self._open() and not self.sweep.stopping() and not orphaned()

    def _open(self) -> bool:
        """Whether it is neither done nor in the hands of another process, such as one from Slurm's queue."""
        deadline = time.monotonic() + LOCK_PATIENCE
        while self.run.status == "running" and time.monotonic() < deadline:
            time.sleep(LOOK)
        return self.run.status not in ("running", "done")

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
            if self._open():  # what was copied ends by itself
                self._write(State("failed", f"It could not be run: {error}; see {self.sweep.folder / LAUNCHER_LOG}"))
        if code is not None and not process_group(self.job.resolved().training).is_worker:  # rank 0 records it
            self._record(code, late, server.last)

    def _watch(self, server: ForkServer) -> tuple[int, bool]:
        """Waits for the job's end; returns its exit code, and whether it was ended for the time that it took."""
        end, late = float("inf"), False
        try:
            while (code := server.wait(LOOK)) is None:
                now = time.monotonic()
                if now > end or orphaned():
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

    def _record(self, code: int, late: bool, last: str = "") -> None:
        """Writes how its process ended where it could not write it itself."""
        ending = (None, -code) if code < 0 else (code, None)
        if not self._open():
            return
        if late:
            self._write(State("failed", f"It took longer than {self.timeout:g} seconds.", *ending))
        elif code < 0:
            stopped = self.sweep.stopping() == NOW or orphaned()
            error = f"It was killed by {signal.Signals(-code).name}"
            error += ", as the system does where memory runs out." if code == -signal.SIGKILL and not stopped else "."
            self._write(State("interrupted" if stopped else "failed", error, *ending))
        elif self.run.state.status in ("pending", "running"):
            said = f"said last: {last}" if last else f"said nothing; see {self.run.folder / LOG}"
            self._write(State("failed", f"It exited with {code} and {said}", *ending))

    def _write(self, state: State) -> None:
        with suppress(OSError):  # on a full disk, or one that is away: the other jobs go on
            self.run.folder.mkdir(parents=True, exist_ok=True)
            state.write(self.run.folder)


def _server(sweep: Sweep) -> ForkServer:
    log = sweep.folder / LAUNCHER_LOG
    server: ForkServer | None = getattr(own, "server", None)
    if server is not None and (server.log != log or not server.alive()):  # a worker may outlive its sweep
        server.close()
        server = None
    own.server = server = server or ForkServer(log)
    return server


def orphaned() -> bool:
    """Whether the process whose worker this one is has gone."""
    return bool(parents) and os.getppid() not in parents
