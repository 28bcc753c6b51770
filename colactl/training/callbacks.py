"""The callbacks that a config asks for: checkpoints, early stopping, and a user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from colactl.errors import ConfigError
from colactl.training.targets import make_entry

BEST, LAST = "best.ckpt", "last.ckpt"


def build_callbacks(callbacks: DictConfig | None, folder: Path) -> list[Callback]:
    """Makes the callbacks.

    Args:
        callbacks: The config's group; an entry that is null is switched off.
        folder: The run's; checkpoints go to `checkpoints` in it.

    Returns:
        Checkpointing first, then early stopping, then those with a `_target_`, in the config's order.

    Raises:
        ConfigError: An entry cannot be made.
    """
    made: list[Callback] = []
    entries: dict[str, Any] = OmegaConf.to_container(callbacks, resolve=True) if callbacks else {}  # type: ignore[assignment]
    for name, entry in entries.items():
        if entry is None:
            continue
        if name == "checkpoint" and "_target_" not in entry:
            made += checkpoints(folder / "checkpoints", entry["monitor"], entry.get("every_n_steps"))
        elif name == "early_stopping" and "_target_" not in entry:
            made.append(_early_stopping(entry))
        else:
            made.append(_custom(name, entry))
    return made


def checkpoints(folder: Path, monitor: str, every_n_steps: int | None) -> list[Callback]:
    """Saves `best.ckpt`, the best validation's weights, and `last.ckpt`, the newest; neither name gets a suffix.

    Args:
        folder: Where they go.
        monitor: The figure that decides.
        every_n_steps: Optimizer steps between two more saves of the last one; None saves after validations only.
    """
    best = _Checkpoint(folder, monitor=monitor, mode=mode(monitor), filename="best", save_top_k=1)
    if every_n_steps is None:
        return [best]
    return [best, _Checkpoint(folder, every_n_train_steps=every_n_steps, save_top_k=0)]


class _Checkpoint(ModelCheckpoint):
    CHECKPOINT_NAME_LAST = "last"

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(dirpath=folder, save_last=True, enable_version_counter=False, **options)


def _early_stopping(entry: dict[str, Any]) -> Callback:
    monitor = entry["monitor"]
    return EarlyStopping(monitor, mode=mode(monitor), patience=entry["patience"], check_on_train_epoch_end=False)


def _custom(name: str, entry: Any) -> Callback:
    key = f"callbacks.{name}"
    if not isinstance(entry, dict) or "_target_" not in entry:
        raise ConfigError(f"{key} is no callback: it has no _target_", f"Name a class: {key}._target_=package.Class")
    return make_entry(entry, key, Callback)


def mode(monitor: str) -> str:
    """Whether less of a figure is better, `min`, or more, `max`: a loss is minimised, all else maximised."""
    return "min" if "loss" in monitor else "max"
