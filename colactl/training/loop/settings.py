"""What `auto` means: settings that depend on the machine or on other groups, made definite before training."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.training.devices.ranks import sharers

LR_FROM_SCRATCH = 2.5e-3  # the default model reaches an MCC of 0.93 to 0.97 in eight epochs with it (four seeds)
SMALL_HIDDEN_SIZE = 256  # from it on bfloat16 costs nothing (see `auto_precision`); for threads it is a guess
LR_PRETRAINED = 3e-5  # one of the four rates of Devlin et al. 2019, appendix A.3
FAST_BF16_FLAGS = {"avx512_bf16", "amx_bf16"}  # of x86 processors; others emulate bfloat16, slower than float32
FAST_BF16_CAPABILITY = (8, 0)  # NVIDIA's Ampere and later

# Keys that may hold a path, which begins where the run was started and not where it is resumed.
PATHS = (
    ("data", "train"),
    ("data", "validation"),
    ("data", "test"),
    ("data", "path"),
    ("model", "name"),
    ("model", "tokenizer"),
)

log = logging.getLogger(__name__)


def settle(config: DictConfig) -> DictConfig:
    """A copy of a config that means the same on every machine.

    Args:
        config: The whole config, composed; it is not changed.

    Returns:
        A copy without interpolations in which `training.threads` is a number of threads, `training.precision` one of
        Lightning's, `optimizer.lr` a rate, and a local file or folder has its whole path.
    """
    settled = OmegaConf.create(OmegaConf.to_container(config, resolve=True))
    assert isinstance(settled, DictConfig)
    if settled.training.get("threads", "auto") == "auto":
        settled.training.threads = auto_threads(settled)
    if settled.training.get("precision", "auto") == "auto":
        settled.training.precision, _ = auto_precision(settled)
    if settled.optimizer.get("lr") == "auto":
        settled.optimizer.lr = LR_FROM_SCRATCH if settled.model.get("name") is None else LR_PRETRAINED
    for group, key in PATHS:
        if settled.get(group) is not None and settled[group].get(key) is not None:
            settled[group][key] = _whole(settled[group][key])
    return settled


def _whole(paths: Any) -> Any:
    """What is there from here is so from anywhere; anything else is a name on the Hub, or is told when it is read."""
    if isinstance(paths, str):
        path = Path(paths).expanduser()
        return str(path.absolute()) if path.exists() else paths
    return [_whole(path) for path in paths]


def auto_threads(config: DictConfig, cores: int | None = None) -> int:
    """How many threads to train with.

    A small model's matrices are not worth sharing out: the default one gains 29% from a second core that is idle, and
    loses 70% to 96% where anything else wants that core, because threads that wait for one another then spin. With one
    thread its results are also the same bits whatever the number of cores.

    Args:
        config: The whole config; the processes of a run on several devices share its part of the cores.
        cores: How many the run may use; None is those that this process may.
    """
    if _small(config.model):
        return 1
    return max(1, (usable_cores() if cores is None else cores) // sharers(config.training))


def auto_precision(config: DictConfig) -> tuple[str, str]:
    """Which precision to train in, and why.

    bfloat16 keeps the weights in float32 and needs no scaling of the loss, so it is taken where it pays; float16, which
    can overflow, is for a user to choose. On one core with avx512_bf16 training in it was 1.7 times as fast as in
    float32 for MiniLM (384 wide, 22.7 million parameters) and at a width of 512, as fast at 256, 0.9 at 128 and 0.6 for
    the default model.

    Args:
        config: The whole config, resolved.

    Returns:
        `bf16-mixed` or `32-true`, and the reason in a few words.
    """
    if _small(config.model):
        return "32-true", "for so small a model the conversions cost more than they save"
    if has_fast_bf16(config.training.get("accelerator", "auto")):
        return "bf16-mixed", "the device computes in bfloat16"
    return "32-true", "the device has no fast bfloat16"


def log_precision(config: DictConfig) -> None:
    """Logs a settled config's precision beside what `auto` comes to on this machine."""
    precision, reason = auto_precision(config)
    log.info("Training in %s; auto is %s: %s.", config.training.precision, precision, reason)


def _small(model: DictConfig) -> bool:
    """Whether a model is made from scratch, and small; how large a pretrained one is shows when it loads."""
    architecture = model.get("architecture") or {}
    return model.get("name") is None and architecture.get("hidden_size", SMALL_HIDDEN_SIZE) < SMALL_HIDDEN_SIZE


def has_fast_bf16(accelerator: str) -> bool:
    """Whether a device computes in bfloat16 faster than in float32; `accelerator` is Lightning's name of one."""
    if accelerator in ("auto", "gpu", "cuda"):
        import torch  # only a large model comes here, and it will need torch anyhow

        if torch.cuda.is_available():
            devices = range(torch.cuda.device_count())
            return all(torch.cuda.get_device_capability(device) >= FAST_BF16_CAPABILITY for device in devices)
    return accelerator in ("auto", "cpu") and not FAST_BF16_FLAGS.isdisjoint(_processor_flags())


def _processor_flags() -> list[str]:
    """What the processor can do, in Linux' words; nothing is known elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    return next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])


def usable_cores() -> int:
    """How many cores this process may run on; fewer than the machine has, in a container or a Slurm job."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
