"""The asking side of a fork server."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from colactl.sweeping.jobs.fork_server import ForkServer


def test_a_job_that_ends_at_once_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Path("server").absolute()
    server.write_text('#!/bin/sh\nprintf \'{"started": 1}\\n{"ended": 3, "last": "words"}\\n\'\ncat > /dev/null\n')
    server.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(server))
    asked = ForkServer(Path("log").absolute())
    time.sleep(0.2)  # so that both answers are there when the first one is read
    assert [asked.wait(5), asked.wait(5)] == [None, 3]
    assert asked.started is not None
    assert asked.last == "words"
    asked.close()
