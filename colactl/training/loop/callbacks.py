"""The callbacks that a config asks for: checkpoints, early stopping, and a user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import EarlyStopping

from colactl.training.checkpoints.saving import Checkpoints, mode
from colactl.training.loop.interruption import Signals
from colactl.training.network.targets import make_entry

AT_THE_END = ("plots", "export")  # no callbacks: `fit` sees to them once the training is over


def build_callbacks(callbacks: DictConfig | None, folder: Path, signals: Signals) -> list[Callback]:
    """Makes the callbacks.

    Args:
        callbacks: The config's group; an entry that is null is switched off.
        folder: The run's; checkpoints go to `checkpoints` in it.
        signals: Where the checkpoints see that the run is to stop.

    Returns:
        Checkpointing first, then early stopping, then those with a `_target_`, in the config's order.

    Raises:
        ConfigError: An entry cannot be made.
    """
    made: list[Callback] = []
    entries: dict[str, Any] = OmegaConf.to_container(callbacks, resolve=True) if callbacks else {}  # type: ignore[assignment]
    for name, entry in entries.items():
        if entry is None or name in AT_THE_END:
            continue
        if name == "checkpoint" and "_target_" not in entry:
            made.append(Checkpoints(folder / "checkpoints", entry["monitor"], entry.get("every_n_steps"), signals))
        elif name == "early_stopping" and "_target_" not in entry:
            made.append(_early_stopping(entry))
        else:
            made.append(make_entry(entry, f"callbacks.{name}"))
    return made


def _early_stopping(entry: dict[str, Any]) -> Callback:
    monitor = entry["monitor"]
    return EarlyStopping(monitor, mode=mode(monitor), patience=entry["patience"], check_on_train_epoch_end=False)
