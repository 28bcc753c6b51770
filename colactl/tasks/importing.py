"""How the heavy libraries are imported."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Imports without garbage collection, which never looks at what they made again.

    Nearly all of it stays: looking through it took 1.0 of the 5.5 s of the imports, and half of the time of
    tokenizing CoLA. Where Lightning is loaded already there is nothing left to spare.
    """
    was_enabled, first = gc.isenabled(), "pytorch_lightning" not in sys.modules
    gc.disable()
    try:
        yield
    finally:
        if first:
            gc.freeze()
        if was_enabled:
            gc.enable()
