"""Rules that tie values of a config together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from colactl.composition.checks.faults import ABSENT, Fault
from colactl.composition.checks.rules import select


def faults(plain: dict[str, Any], follows: Callable[[str], bool]) -> Iterator[Fault]:
    """What does not fit together.

    Args:
        plain: The resolved config; values of a wrong type are told elsewhere.
        follows: As for `examine`.
    """
    yield from _positions(plain)
    yield from _never_logged(plain, follows)


def _never_logged(plain: dict[str, Any], follows: Callable[[str], bool]) -> Iterator[Fault]:
    """Early stopping where nothing is validated: what it waits for is never logged."""
    monitor = select(plain, "callbacks.early_stopping.monitor")
    if monitor is ABSENT or "_target_" in plain["callbacks"]["early_stopping"]:
        return
    limit, epochs = select(plain, "training.limit_val_batches"), select(plain, "training.max_epochs")
    every = select(plain, "training.check_val_every_n_epoch")
    text = f"callbacks.early_stopping waits for {monitor}, which is never logged"
    if limit == 0 and not follows("training.limit_val_batches"):  # what it follows is none either: nothing is trained
        key, why = "training.limit_val_batches", "nothing is validated"
    elif isinstance(every, int) and isinstance(epochs, int) and 0 < epochs < every:
        key, why = "training.check_val_every_n_epoch", f"of {epochs} epochs none is validated"
    else:
        return
    yield Fault(f"{text}: {why}", (key,), example="callbacks.early_stopping=null")


def _positions(plain: dict[str, Any]) -> Iterator[Fault]:
    length, positions = select(plain, "processing.max_length"), select(plain, "model.max_positions")
    if isinstance(length, int) and isinstance(positions, int) and length > positions:
        text = f"processing.max_length is {length}, and the model takes at most {positions} tokens"
        paths = ("processing.max_length", "model.max_positions")
        yield Fault(text, paths, example=f"processing.max_length={positions}")
