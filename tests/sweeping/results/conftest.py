"""A sweep over two rates and three seeds, whose jobs ended in every way."""

from __future__ import annotations

from pathlib import Path

import pytest

from colactl.errors import DataError
from tests.made_sweeps import made_sweep, result


@pytest.fixture
def seeds() -> Path:
    return made_sweep(
        Path("multirun/a"),
        [
            ("optimizer.lr=1e-3 seed=1", result(0.5)),
            ("optimizer.lr=1e-3 seed=2", result(0.2)),
            ("optimizer.lr=1e-3 seed=3", DataError('No such "file",\nreally.')),
            ("optimizer.lr=0.1 seed=1", result(0.0, degenerate=True)),
            ("optimizer.lr=0.1 seed=2", None),
            ("optimizer.lr=0.1 seed=3", KeyboardInterrupt()),
        ],
    )
