"""The callback that settles, when a run starts, which economies it trains with."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.plugins import MixedPrecision
from transformers import PreTrainedModel

from colactl.training.checkpoints.files import ECONOMIES, Checkpoint
from colactl.training.collectives import gather
from colactl.training.data.batches import Sentences
from colactl.training.network.economies import NAMES, Economies
from colactl.training.network.embeddings import RowsLoaded
from colactl.training.network.proof import Precision, settle_economies

log = logging.getLogger(__name__)


class Economical(pl.Callback):
    """Puts into the network the economies that prove themselves, before the optimizer is made.

    Args:
        network: The library's own.
        sentences: Those of the training split.
        economies: The network's.
        setting: `training.economies`, auto or none.
        start: The checkpoint from which the run goes on; None where it is a new one.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        sentences: Sentences,
        economies: Economies,
        setting: str,
        start: Checkpoint | None,
    ) -> None:
        self._network, self._sentences, self._economies = network, sentences, economies
        self._start = start
        self._rows: RowsLoaded | None = None
        before = start.economies if start is not None else None  # of 0.1.0's checkpoints it is not known either
        self._wanted = [name for name in NAMES if setting == "auto" and (before is None or name in before)]

    @property
    def in_force(self) -> list[str]:
        """The names of those that the run trains with."""
        return self._economies.in_force

    def setup(self, trainer: pl.Trainer, _: pl.LightningModule, stage: str) -> None:
        """Tries them on the run's device and in its precision, and names those that are left out."""
        if stage != "fit":
            return
        self._network.to(trainer.strategy.root_device)  # type: ignore[arg-type]  # transformers' annotation hides nn.Module's
        begun = time.perf_counter()
        reasons = settle_economies(
            self._network, self._sentences, self._economies, self._wanted, _precision(trainer), gather
        )
        seconds = time.perf_counter() - begun
        log.info("Economies in force: %s; proved in %.2f s.", ", ".join(self.in_force) or "none", seconds)
        for name, reason in reasons.items():
            log.warning("The run trains without the economy %s: %s.", name, reason)
        if self._start is not None:
            self._go_on(self._start, reasons)

    def _go_on(self, start: Checkpoint, reasons: dict[str, str]) -> None:
        """Says what the run has lost since its checkpoint, and makes ready to load it all the same."""
        if "rows_in_use" not in self.in_force:
            self._rows = self._economies.load_rows_in_use()  # best.ckpt may have them where last.ckpt has not
        before = reasons if start.economies is None else start.economies  # 0.1.0 had all that apply
        if lost := [name for name in before if name not in self.in_force]:
            names = ", ".join(lost)
            log.warning("The run had the economies %s, so its bits differ from those of a run without a break.", names)

    def on_fit_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Prepares the optimizer, which is there now, for its state in the checkpoint."""
        if self._rows is not None:
            self._rows.prepare(trainer.optimizers[0])

    def on_save_checkpoint(self, _: pl.Trainer, __: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Adds which are in force."""
        checkpoint[ECONOMIES] = self.in_force


def _precision(trainer: pl.Trainer) -> Precision:
    plugin = trainer.precision_plugin
    convert = None if isinstance(plugin, MixedPrecision) else plugin.convert_module
    return Precision(str(trainer.precision), plugin.forward_context, convert)
