"""Lightning's logger for W&B, which goes on without W&B where its service process is gone."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pytorch_lightning.loggers import WandbLogger

log = logging.getLogger(__name__)


class WandbMetrics(WandbLogger):
    """Sends metrics for as long as the service answers.

    Slurm and systemd end the service along with the training, which must still save.
    """

    _lost = False

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Sends one row; the first that cannot be sent is logged, and none is tried after it."""
        if self._lost:
            return
        try:
            super().log_metrics(metrics, step)
        except ConnectionError as error:
            self._lost = True
            log.warning("Weights & Biases is gone, and what follows is not sent to it: %s", error)
