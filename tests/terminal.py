"""A person's terminal, for tests of what only a person is shown."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time

import pytest

ARRIVES = 0.05  # seconds in which the system hands on what was written
LONGEST = 0.5  # seconds to read from what never ceases to write


class Terminal:
    """A terminal behind stderr; set within a test, because pytest sets its own stderr when one begins."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.main, side = pty.openpty()
        self.side = os.fdopen(side, "w")
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setattr(sys, "stderr", self.side)

    def shown(self) -> str:
        """What was written since, without escape sequences."""
        self.side.flush()
        written = bytearray()
        enough = time.monotonic() + LONGEST
        while time.monotonic() < enough and select.select([self.main], [], [], ARRIVES)[0]:
            written += os.read(self.main, 65536)
        return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", written.decode())

    def close(self) -> None:
        self.side.close()
        os.close(self.main)
