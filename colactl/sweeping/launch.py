"""A plan, run by one of Hydra's launchers."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import yaml
from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict

from colactl import tasks
from colactl.composition.search_path import hydra_session
from colactl.errors import ConfigError, Interrupted, TrainingError
from colactl.runs.create import create, unique_folder
from colactl.runs.files import write_text
from colactl.sweeping.plan import Plan, to_yaml
from colactl.training import ranks

PLANNED = "planned"  # the folder of the jobs' frozen configs
SWEEP = "sweep.yaml"
LOG = "launcher.log"  # there if the launcher itself failed
SILENT = {"version": 1, "root": None, "disable_existing_loggers": False}  # Hydra would log to stdout


class Planned(ConfigLoaderImpl):
    """Gives a launcher the configs that were planned, where Hydra's own loader would compose them again.

    Args:
        folder: The sweep's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A launcher's call, in whatever process the job runs; the "overrides" are the job's index."""
        del master_config  # what it says was frozen into each job
        config = OmegaConf.load(self.folder / PLANNED / f"{sweep_overrides[0]}.yaml")
        assert isinstance(config, DictConfig)  # the plan wrote it
        # Hydra wants its node's type back, which YAML forgot; plugins' keys are beyond that type.
        config.hydra = OmegaConf.merge(OmegaConf.structured(HydraConf, flags={"struct": False}), config.hydra)
        return config


def launch(plan: Plan, stem: Path, chosen: bool) -> Path:
    """Makes the sweep's folder, freezes the plan into it and runs the jobs.

    Args:
        plan: What to run.
        stem: The sweep's folder; four random letters are added unless the user chose it.
        chosen: Whether the user chose it.

    Returns:
        The sweep's folder, absolute; what became of each job is in the job's own.

    Raises:
        ConfigError: The folder already holds a sweep, or the launcher cannot be used.
        Interrupted: Ctrl-C.
    """
    folder = _new_folder(stem, chosen)
    _freeze(plan, folder)
    with hydra_session():
        context = HydraContext(config_loader=Planned(folder), callbacks=Callbacks())
        try:
            launcher = Plugins.instance().instantiate_launcher(context, run_job, _silenced(plan, folder))
            launcher.launch([[str(job.index)] for job in plan.jobs], initial_job_idx=0)
        except KeyboardInterrupt as error:
            number = getattr(error.__cause__, "exit_code", 130) - 128  # a job tells SIGTERM from Ctrl-C
            raise Interrupted("The sweep was interrupted.", f"What it has done is in {folder}", number) from error
        except Exception:  # a worker that was killed, say: the jobs that were done are done
            write_text(folder / LOG, traceback.format_exc())
    return folder


def run_job(config: DictConfig) -> None:
    """A job, in the process that the launcher chose for it; how it ends is recorded in its folder.

    Args:
        config: As planned, without Hydra's own node.
    """
    try:
        if ranks.follows(config.training):  # a launcher may start several tasks a job
            tasks.follow(config)
        else:
            tasks.work(create(Path(HydraConfig.get().runtime.output_dir)), config)
    except Interrupted as error:
        raise KeyboardInterrupt from error  # which alone stops a launcher
    except (Exception, SystemExit):  # one job's failure is no other's: it is in its log and its status
        return


def _new_folder(stem: Path, chosen: bool) -> Path:
    if not chosen:
        return unique_folder(stem)
    folder = stem.expanduser().absolute()
    if (folder / SWEEP).exists():
        raise ConfigError(f"{folder} already holds a sweep.", "Choose another folder with hydra.sweep.dir=...")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    return folder


def _freeze(plan: Plan, folder: Path) -> None:
    """Writes the definition and every job's config, whose folder becomes absolute."""
    (folder / PLANNED).mkdir()
    for job in plan.jobs:
        with open_dict(job.whole):
            job.whole.hydra.sweep.dir = str(folder)
            job.whole.hydra.job_logging = SILENT
            job.whole.hydra.hydra_logging = SILENT
        write_text(folder / PLANNED / f"{job.index}.yaml", to_yaml(job))
    definition: dict[str, Any] = {
        "overrides": list(plan.composed.overrides),
        "launcher": OmegaConf.to_container(plan.composed.hydra.launcher),
        "jobs": [job.as_json() for job in plan.jobs],
    }
    write_text(folder / SWEEP, yaml.safe_dump(definition, sort_keys=False, allow_unicode=True))


def _silenced(plan: Plan, folder: Path) -> DictConfig:
    config = plan.composed.whole.copy()
    with open_dict(config):
        config.hydra.sweep.dir = str(folder)
        config.hydra.hydra_logging = SILENT
    return config
