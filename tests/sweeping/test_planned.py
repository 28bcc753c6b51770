"""Planned jobs, as they are written and read."""

from __future__ import annotations

import pytest

from colactl.errors import ConfigError
from colactl.sweeping.planned import PlannedJob


@pytest.mark.parametrize("line", ["", "[]", '{"index": 0}', "[" * 5000, "\0"])
def test_a_planned_job_that_somebody_has_changed(line: str) -> None:
    with pytest.raises(ConfigError, match="A planned job is not as colactl wrote it"):
        PlannedJob.from_json(line)
