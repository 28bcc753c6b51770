"""The progress bar: on stderr, and only where someone can watch it."""

from __future__ import annotations

import sys

from pytorch_lightning.callbacks import RichProgressBar


def progress_bars(enabled: bool) -> list[RichProgressBar]:
    """A progress bar where one is wanted and stderr is a terminal, else none.

    Args:
        enabled: Whether one is wanted, `training.enable_progress_bar`.
    """
    if not enabled or not sys.stderr.isatty():
        return []
    return [RichProgressBar(refresh_rate=10, console_kwargs={"stderr": True})]
