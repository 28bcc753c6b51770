"""A shell's question, answered on stdout."""

from __future__ import annotations

import os
import sys
from functools import partial

from typer.core import TyperGroup

from colactl.cli.completion.line import complete
from colactl.cli.completion.shells import SHELLS, Answer

__all__ = ["SHELLS", "answer"]


def answer(group: TyperGroup, shell: str) -> int:
    """Answers, and returns the exit code; whatever goes wrong, a person who types sees nothing of it."""
    try:
        found = SHELLS[shell](partial(complete, group))
    except Exception:
        if os.environ.get("COLACTL_TRACEBACK") == "1":
            raise
        found = Answer("", 1)
    sys.stdout.buffer.write(found.text.encode(errors="surrogateescape"))  # names of files, whatever the terminal's
    return found.code
