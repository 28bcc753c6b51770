"""The state of every random number generator that training may draw from."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from colactl.training.devices.follow import gathered


def capture() -> list[dict[str, Any]]:
    """The generators' states on each rank, as tensors and plain values, which a checkpoint may hold."""
    return gathered(capture_own())


def restore(state: dict[str, Any]) -> None:
    """Puts one rank's generators back; a GPU that was not there then keeps its own state.

    Args:
        state: One item of what `capture` gave, or what `capture_own` did.
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
