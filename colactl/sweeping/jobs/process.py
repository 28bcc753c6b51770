"""A job, in the process that is its own."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from colactl import tasks
from colactl.composition.compose import config_hash
from colactl.errors import ColactlError, ConfigError, Interrupted
from colactl.host.ranks import process_group
from colactl.redaction import redacted
from colactl.runs.create import create, write_hydra_files
from colactl.runs.run import CONFIG, STATUS, Run, State
from colactl.sweeping.folder import Sweep
from colactl.sweeping.planned import PlannedJob

if TYPE_CHECKING:
    from colactl.sweeping.search.trials import Report


def train_job(folder: Path, index: int, resume: bool) -> int:
    """Trains, in a new run's folder or on with the one that is there; how it ends is recorded in it.

    Args:
        folder: The sweep's.
        index: The job's.
        resume: Whether its run had begun before.

    Returns:
        The exit code; what went wrong is on stderr.
    """
    sweep = Sweep(folder)
    job = sweep.job(index)
    sys.argv = ["colactl", "sweep", *sweep.definition["overrides"]]  # for the record of where the run came from
    directory = sweep.definition["directory"]
    if Path(directory).is_dir():
        os.chdir(directory)  # paths in the config are as they were when the sweep was launched
    run, before = sweep.run(job), sweep.run(job).state
    try:
        _train(sweep, job, resume)
    except BaseException as error:
        if isinstance(error, ColactlError):  # its hint is for a run that is no sweep's
            sys.stderr.write(redacted(" ".join([error.message, *error.faults]) + "\n"))
        elif not isinstance(error, SystemExit):
            sys.stderr.write(redacted(traceback.format_exc()))
        return _ended(job, run, before, error)
    return 0


def _ended(job: PlannedJob, run: Run, before: State, error: BaseException) -> int:
    """Records what went wrong before the run could do so itself, as it does while it trains; returns the exit code."""
    ended = State.after("interrupted" if isinstance(error, KeyboardInterrupt | Interrupted) else "failed", error)
    unsaid = run.state == before or run.state.status == "running"
    ours = run.status not in ("running", "done") and not process_group(job.resolved().training).is_worker
    if unsaid and ours:  # and no other process has it
        with suppress(OSError):  # whoever watches the job has heard the error, too
            run.folder.mkdir(parents=True, exist_ok=True)
            ended.write(run.folder)
    return 1 if ended.exit_code is None else ended.exit_code


def _train(sweep: Sweep, job: PlannedJob, resume: bool) -> None:
    run = sweep.run(job)
    config = _config(sweep, job, run)
    tasks.check_classes(config)
    group = process_group(config.training)
    if group.is_worker:  # a launcher may start several tasks a job
        tasks.train_along(config, group, run.folder if resume else None)
        return
    if not (run.folder / STATUS).exists():
        create(run.folder)
    if not (run.folder / CONFIG).exists():
        _record(sweep, job, run)
    tasks.train_in(run, config, group, resume=resume, report=_report(sweep, job))


def _report(sweep: Sweep, job: PlannedJob) -> Report | None:
    if not sweep.searches:
        return None
    from colactl.sweeping.search.trials import report_of  # Optuna may not be installed

    return report_of(sweep, job)


def _config(sweep: Sweep, job: PlannedJob, run: Run) -> DictConfig:
    """What the job trains with: a run that has begun goes on with its own."""
    if (run.folder / CONFIG).exists():
        return run.config
    if config_hash(job.config) != job.config_hash:
        raise ConfigError(f"The config of job {job.index} in {sweep.folder} was changed since it was planned.")
    config = job.resolved()
    wandb = config.logger.get("wandb")
    if wandb is not None and wandb.get("group") is None:
        wandb.group = sweep.definition["group"]  # the jobs of a sweep stand together in W&B
    return config


def _record(sweep: Sweep, job: PlannedJob, run: Run) -> None:
    """Writes `.hydra/` as Hydra does for a job."""
    hydra = OmegaConf.create({"hydra": sweep.hydra})
    hydra.hydra.sweep.dir, hydra.hydra.sweep.subdir = str(sweep.folder), job.folder
    hydra.hydra.job.num, hydra.hydra.job.id = job.index, str(job.index)
    hydra.hydra.overrides.task = job.overrides
    hydra.hydra.runtime.choices = job.choices
    hydra.hydra.runtime.output_dir = str(run.folder)
    write_hydra_files(run.folder, OmegaConf.create(job.config), hydra, job.overrides)
