"""A sweep's jobs, read back from their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from colactl.errors import ConfigError
from colactl.sweeping.results.rows import read_rows
from tests.made_sweeps import result


def test_the_rows(seeds: Path) -> None:
    rows = read_rows(seeds)
    assert [row.index for row in rows] == list(range(6))
    assert [row.status for row in rows] == ["done", "done", "failed", "done", "pending", "interrupted"]
    assert [row.exit_code for row in rows] == [0, 0, 3, 0, None, 130]
    assert rows[2].error == 'No such "file",'
    assert [row.folder for row in rows] == [str(seeds / str(index)) for index in range(6)]
    assert [row.result for row in rows[:3]] == [result(0.5), result(0.2), None]
    assert rows[0]["result"]["mcc"] == 0.5  # as in 0.1.0, when a row was a dictionary
    assert [row.degenerate for row in rows] == [False, False, False, True, False, False]


def test_a_folder_that_holds_no_sweep() -> None:
    with pytest.raises(ConfigError, match="holds no sweep"):
        read_rows(Path().absolute())
