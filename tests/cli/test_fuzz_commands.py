"""Bad input at random: some of it in every run of the tests, much of it under a limit of memory in the slow ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.fuzz.properties import PROPERTIES

MANY = 100  # examples; python -m tests.fuzz takes any number


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_some_bad_input(holds: Callable[[st.DataObject], None]) -> None:
    few = settings(
        max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    few(given(data=st.data())(holds))()


@pytest.mark.slow
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_much_bad_input(holds: Callable[[st.DataObject], None]) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--property", holds.__name__, "--examples", str(MANY)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
