"""How many processes a run needs, and how many of them share a machine's cores."""

from __future__ import annotations

from omegaconf import DictConfig

from colactl.host.ranks import ProcessGroup, devices_of


def processes_to_start(training: DictConfig, group: ProcessGroup) -> int:
    """How many processes of a run the supervisor has to start; 1 where this process trains by itself.

    Args:
        training: The config's group.
        group: Which process this is.
    """
    return 1 if group.is_launched else devices_of(training) or _devices_here(training)


def processes_on_this_machine(training: DictConfig, group: ProcessGroup) -> int:
    """How many processes of a run share this machine's cores; under Slurm each has cores of its own."""
    return 1 if group.slurm_tasks > 1 else devices_of(training) or _devices_here(training)


def _devices_here(training: DictConfig) -> int:
    import pytorch_lightning as pl
    from pytorch_lightning.utilities.exceptions import MisconfigurationException

    from colactl.training.log import log_to

    with log_to(None, show_warnings=False):
        try:
            return pl.Trainer(accelerator=training.accelerator, devices=training.devices, barebones=True).num_devices
        except (MisconfigurationException, ModuleNotFoundError, ValueError):  # making the run's Trainer reports it
            return 1
