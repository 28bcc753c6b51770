"""What `auto` means: settings that depend on the machine or on other groups, made definite before training."""

from __future__ import annotations

import os

from omegaconf import DictConfig, OmegaConf

LR_FROM_SCRATCH = 2.5e-3  # the default model reaches an MCC of 0.93 to 0.97 in eight epochs with it (four seeds)
SMALL_HIDDEN_SIZE = 256  # a guess between the default model's 64, which was measured, and BERT base's 768
LR_PRETRAINED = 3e-5  # one of the four rates of Devlin et al. 2019, appendix A.3


def settle(config: DictConfig) -> DictConfig:
    """A copy of a config that means the same on every machine.

    Args:
        config: The whole config, composed; it is not changed.

    Returns:
        A copy without interpolations in which `training.threads` is a number of threads and `optimizer.lr` a rate.
    """
    settled = OmegaConf.create(OmegaConf.to_container(config, resolve=True))
    assert isinstance(settled, DictConfig)
    if settled.training.get("threads", "auto") == "auto":
        settled.training.threads = auto_threads(settled.model)
    if settled.optimizer.get("lr") == "auto":
        settled.optimizer.lr = LR_FROM_SCRATCH if settled.model.get("name") is None else LR_PRETRAINED
    return settled


def auto_threads(model: DictConfig, slots: int = 1) -> int:
    """How many threads to train with.

    A small model's matrices are not worth sharing out: the default one gains 29% from a second core that is idle, and
    loses 70% to 96% where anything else wants that core, because threads that wait for one another then spin. With one
    thread its results are also the same bits whatever the number of cores.

    Args:
        model: The config's `model` group.
        slots: Runs at a time on this machine, which share its cores; below 0 there are as many as cores.
    """
    architecture = model.get("architecture") or {}
    if model.get("name") is None and architecture.get("hidden_size", SMALL_HIDDEN_SIZE) < SMALL_HIDDEN_SIZE:
        return 1
    cores = usable_cores()
    return max(1, cores // (cores if slots < 0 else max(1, slots)))


def usable_cores() -> int:
    """How many cores this process may run on; fewer than the machine has, in a container or a Slurm job."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
