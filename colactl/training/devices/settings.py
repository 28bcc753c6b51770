"""What `auto` means: settings that depend on the machine or on other groups get their values before training."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.host import cores
from colactl.host.ranks import ALONE, ProcessGroup
from colactl.training.devices.counts import processes_on_this_machine

LR_FROM_SCRATCH = 2.5e-3  # the default model reaches an MCC of 0.93 to 0.97 in eight epochs with it (four seeds)
SMALL_HIDDEN_SIZE = 256  # from it on bfloat16 costs nothing (see `auto_precision`); for threads it is a guess
LR_PRETRAINED = 3e-5  # one of the four rates of Devlin et al. 2019, appendix A.3
FAST_BF16_CAPABILITY = (8, 0)  # NVIDIA's Ampere and later

# Keys that may hold a path, relative to where the run was started and not to where it is resumed.
PATHS = (
    ("data", "train"),
    ("data", "validation"),
    ("data", "test"),
    ("data", "path"),
    ("model", "name"),
    ("model", "tokenizer"),
)

log = logging.getLogger(__name__)


def settle(config: DictConfig, group: ProcessGroup = ALONE) -> DictConfig:
    """A copy of a config that means the same on every machine.

    Args:
        config: The whole config, composed; it is not changed.
        group: Which of a run's processes this is.

    Returns:
        A copy without interpolations in which `training.threads` is a number of threads, `training.precision` one of
        Lightning's, `optimizer.lr` a rate, and a local file or folder has its absolute path.
    """
    settled = OmegaConf.create(OmegaConf.to_container(config, resolve=True))
    assert isinstance(settled, DictConfig)
    if settled.training.get("threads", "auto") == "auto":
        settled.training.threads = auto_threads(settled, group)
    if settled.training.get("precision", "auto") == "auto":
        settled.training.precision, _ = auto_precision(settled)
    if settled.optimizer.get("lr") == "auto":
        settled.optimizer.lr = LR_FROM_SCRATCH if settled.model.get("name") is None else LR_PRETRAINED
    for section, key in PATHS:
        if settled.get(section) is not None and settled[section].get(key) is not None:
            settled[section][key] = _absolute(settled[section][key])
    return settled


def _absolute(paths: Any) -> Any:
    """Makes the paths that exist absolute; any other is a name on the Hub, or its absence is reported on reading."""
    if isinstance(paths, str):
        path = Path(paths).expanduser()
        return str(path.absolute()) if path.exists() else paths
    return [_absolute(path) for path in paths]


def auto_threads(config: DictConfig, group: ProcessGroup = ALONE, usable: int | None = None) -> int:
    """How many threads to train with.

    A small model's matrices are not worth sharing out: the default one gains 29% from a second core that is idle, and
    loses 70% to 96% where anything else wants that core, because threads that wait for one another then spin. With one
    thread its results are also the same bits whatever the number of cores.

    Args:
        config: The whole config; the processes of a run on several devices share the cores.
        group: Which of a run's processes this is.
        usable: How many cores the run may use; None are those that this process may.
    """
    if _small(config.model):
        return 1
    available = cores.usable_cores() if usable is None else usable
    return max(1, available // processes_on_this_machine(config.training, group))


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
    """Logs a settled config's precision beside the one that `auto` would take on this machine."""
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
    return accelerator in ("auto", "cpu") and cores.has_fast_bf16()
