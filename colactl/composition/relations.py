"""Rules that tie values of a config together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from colactl.composition.faults import Fault
from colactl.composition.rules import select


def faults(plain: dict[str, Any]) -> Iterator[Fault]:
    """What does not fit together.

    Args:
        plain: The resolved config; values of a wrong type are told elsewhere.
    """
    yield from _positions(plain)


def _positions(plain: dict[str, Any]) -> Iterator[Fault]:
    length, positions = select(plain, "processing.max_length"), select(plain, "model.max_positions")
    if isinstance(length, int) and isinstance(positions, int) and length > positions:
        text = f"processing.max_length is {length}, and the model takes at most {positions} tokens"
        paths = ("processing.max_length", "model.max_positions")
        yield Fault(text, paths, example=f"processing.max_length={positions}")
