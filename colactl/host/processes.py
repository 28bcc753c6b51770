"""What processes that this one starts need of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def import_path() -> str:
    """A PYTHONPATH with which another process finds the modules that this one does, a user's own classes too."""
    return os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
