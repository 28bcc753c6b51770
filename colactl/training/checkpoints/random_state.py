"""The states of all random number generators that training may use."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from colactl.training.collectives import gather


def capture() -> list[dict[str, Any]]:
    """The generators' states on each rank, as tensors and plain values, which a checkpoint may hold."""
    return gather(capture_own())


def restore(state: dict[str, Any]) -> None:
    """Restores one rank's generators; a GPU that was not there at the capture keeps its state.

    Args:
        state: An item of what `capture` returned, or what `capture_own` did.
    """
    random.setstate(state["python"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    for device, numbers in enumerate(state["cuda"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(numbers, device)
    if state["mps"] is not None and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"])


def capture_own() -> dict[str, Any]:
    """The generators' states in this process, in the form that `restore` takes."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (kind, keys.tolist(), *rest),  # type: ignore[union-attr]  # the legacy form is a tuple with an array
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "mps": torch.mps.get_rng_state() if torch.backends.mps.is_available() else None,
    }
