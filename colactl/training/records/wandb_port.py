"""What colactl needs of Weights & Biases that is not public, in one place. Tried with 0.31.0."""

from __future__ import annotations

import importlib
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wandb

log = logging.getLogger(__name__)


def preload() -> None:
    """Imports what a run imports when it starts, in a process whose copies are each to start one.

    It needs the module `wandb.sdk.launch` (since 0.18 at the latest), whose import every start of a run waits for: two
    seconds or so. Without it each copy imports that for itself.
    """
    import wandb  # noqa: F401 - for what it loads

    with suppress(ImportError):
        importlib.import_module("wandb.sdk.launch")


def settings(**public: Any) -> wandb.Settings:
    """Settings of a run that records neither the machine, the user and the command line nor the installed packages.

    It needs `x_disable_meta` and `x_save_requirements` (since 0.19), which W&B calls internal and may change. There
    is no public setting for it: provenance.json has what matters, and a run that is shared should not tell more.
    Without them the run's log has a warning, and the run records that.

    Args:
        public: W&B's own settings.

    Raises:
        ValueError: W&B does not take one of them.
    """
    import wandb

    try:
        return wandb.Settings(**public, x_disable_meta=True, x_save_requirements=False)
    except (TypeError, ValueError):
        made = wandb.Settings(**public)  # raises where what is wrong is one of these
        log.warning("This Weights & Biases records the machine, the user, the command line and the installed packages.")
        return made
