"""A sweep's jobs, launched on one of Hydra's launchers: from the plan to the results."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from hydra.conf import HydraConf
from hydra.core.plugins import Plugins
from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import sweep_folder
from colactl.composition.hydra_port import launcher_context
from colactl.composition.machine import visible
from colactl.composition.session import hydra_session
from colactl.errors import ConfigError, Interrupted
from colactl.host.signals import blocked, install, restore
from colactl.redaction import redacted
from colactl.schema.config_files import load
from colactl.sweeping.engines import devices
from colactl.sweeping.engines.launchers import deals, ready, refuse_nested_target, slots, withdraw
from colactl.sweeping.folder import FINISH, NOW, Sweep, freeze, new_folder, resume_command
from colactl.sweeping.jobs.worker import run_job
from colactl.sweeping.names import LAUNCHER_LOG, MULTIRUN
from colactl.sweeping.planned import Plan, PlannedJob
from colactl.sweeping.results.files import Results, save_results

SILENT = {"version": 1, "root": None, "disable_existing_loggers": False}  # Hydra would log to stdout
LOOK = 0.2  # seconds between two looks at whether the launcher is done

Talk = Callable[[str], None]  # is given a sentence for the user


@dataclass(frozen=True)
class Policy:
    """What is done about jobs that fail or take too long.

    Attributes:
        retries: How many more times a failed job is started.
        fail_fast: Whether a job's failure keeps others from being started.
        timeout: Seconds that a job may take; None is no limit.

    Raises:
        ConfigError: The timeout is not above 0.
    """

    retries: int = 0
    fail_fast: bool = False
    timeout: float | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None and not self.timeout > 0:  # nor is nan
            raise ConfigError(f"A job cannot be given {self.timeout} seconds.", "Give --timeout a number above 0.")


@dataclass(frozen=True)
class Slot:
    """A place for one trial of a search, whose job is planned when its turn has come.

    Attributes:
        index: Below 0, and its own.
        folder: Relative to the sweep's, as a job's.
    """

    index: int
    folder: str = "."


@contextmanager
def begun(plan: Plan, overrides: Sequence[str], config_name: str, config_dirs: Sequence[Path | str]) -> Iterator[Sweep]:
    """Makes the folder of a sweep, freezes the plan in it, and holds it within its block.

    Args:
        plan: What to run.
        overrides: As typed.
        config_name: The primary config.
        config_dirs: The user's folders.

    Raises:
        ConfigError: The folder is taken.
        TrainingError: It cannot be written to.
    """
    sweep = Sweep(new_folder(*sweep_folder(plan.composed)))
    with sweep.held():
        freeze(plan, sweep, overrides, config_name, config_dirs)
        yield sweep


def run(
    sweep: Sweep,
    jobs: Sequence[PlannedJob | Slot],
    launcher: DictConfig,
    policy: Policy,
    talk: Talk,
    display: AbstractContextManager[Talk] | None = None,
) -> Results:
    """Runs jobs of a sweep, and writes the results of all of its jobs, in whatever way it ends.

    Args:
        sweep: Held by this process.
        jobs: Those to run.
        launcher: Hydra's, with its options.
        policy: What is done about jobs that fail.
        talk: Is given a sentence when a signal arrives, or when something cannot be written.
        display: Entered while jobs run; what it returns takes the place of `talk`.

    Raises:
        ConfigError: The launcher's config names code to run, as one in a sweep's folder may that came from elsewhere.
        Interrupted: Ctrl-C or SIGTERM.
    """
    try:
        if jobs:
            with display or nullcontext(talk) as talk_now:
                _launch_and_wait(sweep, jobs, launcher, policy, talk_now)
    finally:
        results = save_results(sweep.folder, talk)
    return results


def _launch_and_wait(
    sweep: Sweep, jobs: Sequence[PlannedJob | Slot], launcher: DictConfig, policy: Policy, talk: Talk
) -> None:
    """Returns when all jobs have come to an end; how each ended is in its folder."""
    node = _node(sweep, launcher, policy, len(jobs))
    refuse_nested_target(node.hydra.launcher)
    work = threading.Thread(target=_launch, args=(sweep, jobs, node), daemon=True)
    with Interruption(sweep, talk) as interruption:
        work.start()
        withdrawn = False
        while work.is_alive() and not interruption.at_once:
            work.join(LOOK)
            if sweep.stopping() and not withdrawn:
                withdraw(launcher)
                withdrawn = True
    if interruption.number:
        message = "The sweep was interrupted."
        raise Interrupted(message, f"Go on with: {resume_command(sweep.folder)}", interruption.number)


def _launch(sweep: Sweep, jobs: Sequence[PlannedJob | Slot], node: DictConfig) -> None:
    try:
        # Signals are the main thread's, and for no process that is started here.
        with blocked(), hydra_session(), ready(node.hydra.launcher, node.gpus):
            context = launcher_context(partial(_job_config, node))
            launcher = Plugins.instance().instantiate_launcher(context, run_job, node)
            launcher.launch([[str(job.index), job.folder] for job in jobs], initial_job_idx=0)
    except BaseException:  # a worker that was killed, say: the jobs that were done are done
        with (sweep.folder / LAUNCHER_LOG).open("a", encoding="utf-8") as log:
            log.write(redacted(traceback.format_exc()))


def _job_config(node: DictConfig, words: Sequence[str]) -> DictConfig:
    """What one job is started with; the words are its index and its folder."""
    config = node.copy()
    config.index = int(words[0])
    config.hydra.sweep.subdir = words[1]
    return config


def _node(sweep: Sweep, launcher: DictConfig, policy: Policy, jobs: int) -> DictConfig:
    """What every job is started with: few words, because launchers copy and send them for each."""
    shared: Any = load(sweep.folder / MULTIRUN)
    hydra = OmegaConf.merge(OmegaConf.structured(HydraConf, flags={"struct": False}), shared.hydra)
    hydra.launcher = launcher
    hydra.sweep.dir = str(sweep.folder)
    hydra.job_logging = hydra.hydra_logging = SILENT
    hydra.output_subdir = None  # the job writes its own, with its whole config
    hydra.overrides.task = hydra.overrides.hydra = []
    seen = visible()
    gpus = devices.wanted(shared.training, seen)
    dealt = {"slots": slots(launcher, jobs, gpus) if deals(launcher) else 0, "devices": list(seen)}
    own = {"sweep": str(sweep.folder), "index": -1, "launcher": os.getpid(), "gpus": gpus}
    return OmegaConf.create({**own, **dealt, **asdict(policy), "hydra": hydra})


class Interruption:
    """Asks the jobs to end on Ctrl-C and SIGTERM, through the sweep's folder, wherever they are.

    It handles both signals within its block, in the main thread; in another one it does nothing.

    Args:
        sweep: Whose jobs are asked to end. On the first Ctrl-C those that run come to their end; on the second one, or
            on SIGTERM, they save and stop; one more ends the wait for them.
        talk: Is given a sentence about what happens now.

    Attributes:
        number: The last signal's; 0 while there was none.
        at_once: Whether nothing is waited for.
    """

    def __init__(self, sweep: Sweep, talk: Talk) -> None:
        self.number = 0
        self.at_once = False
        self._sweep, self._talk = sweep, talk

    def __enter__(self) -> Interruption:
        self._earlier = install(self._handle)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        restore(self._earlier)

    def _handle(self, number: int, _: FrameType | None) -> None:
        request = self._sweep.stopping() if self.number else 0
        self.number = number
        if request == NOW:
            self.at_once = True
            self._talk("Stopping at once.")
        elif request == FINISH or number == signal.SIGTERM:
            self._request(NOW, "Stopping: the jobs that run save what they have.")
        else:
            message = "The jobs that run come to their end, and no more are started; Ctrl-C again stops them now."
            self._request(FINISH, message)

    def _request(self, how: int, message: str) -> None:
        try:
            self._sweep.stop(how)
        except OSError as error:  # a full disk: the jobs cannot be asked
            self.at_once = True
            message = f"Stopping at once, because the sweep's folder cannot be written to: {error}."
        self._talk(message)
