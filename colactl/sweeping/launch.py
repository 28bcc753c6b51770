"""A sweep's jobs, handed to one of Hydra's launchers."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from hydra.conf import HydraConf
from hydra.core.plugins import Plugins
from omegaconf import DictConfig, OmegaConf

from colactl.composition.hydra_port import launcher_context
from colactl.composition.machine import visible
from colactl.composition.session import hydra_session
from colactl.errors import Interrupted
from colactl.redaction import redacted
from colactl.schema.config_files import load
from colactl.sweeping.engines import devices
from colactl.sweeping.engines.engine import deals, ready, slots, withdraw
from colactl.sweeping.engines.nested_code import refuse_nested_target
from colactl.sweeping.interruption import Interruption, blocked
from colactl.sweeping.jobs.job import run_job
from colactl.sweeping.planning.planned_job import PlannedJob
from colactl.sweeping.policy import Policy
from colactl.sweeping.resume import resume_command
from colactl.sweeping.sweep import LAUNCHER_LOG, MULTIRUN, Sweep

SILENT = {"version": 1, "root": None, "disable_existing_loggers": False}  # Hydra would log to stdout
LOOK = 0.2  # seconds between two looks at whether the launcher is done


@dataclass(frozen=True)
class Slot:
    """A place for one trial of a search, whose job is planned when its turn has come.

    Attributes:
        index: Below 0, and its own.
        folder: Relative to the sweep's, as a job's.
    """

    index: int
    folder: str = "."


def launch(
    sweep: Sweep,
    jobs: Sequence[PlannedJob | Slot],
    launcher: DictConfig,
    policy: Policy,
    tell: Callable[[str], None],
) -> None:
    """Runs jobs and returns when all have come to an end; how each ended is in its folder.

    Args:
        sweep: Held by this process.
        jobs: Those to run.
        launcher: Hydra's, with its options.
        policy: What becomes of jobs that do not end well.
        tell: Is given a sentence when a signal arrives.

    Raises:
        ConfigError: The launcher's config names code to run, as one in a sweep's folder may that came from elsewhere.
        Interrupted: Ctrl-C or SIGTERM.
    """
    node = _node(sweep, launcher, policy, len(jobs))
    refuse_nested_target(node.hydra.launcher)
    work = threading.Thread(target=_launch, args=(sweep, jobs, node), daemon=True)
    with Interruption(sweep, tell) as interruption:
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
