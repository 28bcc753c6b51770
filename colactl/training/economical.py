"""The callback that settles, when a run starts, which economies it trains with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.plugins import MixedPrecision
from torch.optim import Optimizer
from transformers import PreTrainedModel

from colactl.training.batches import Sentences
from colactl.training.economies import NAMES, Economies
from colactl.training.proof import Precision, settle_economies

KEY = "economies"  # under which their names stand in a checkpoint and in result.json

log = logging.getLogger(__name__)


class Economical(pl.Callback):
    """Puts into the network the economies that prove themselves, before the optimizer is made.

    Args:
        network: The library's own.
        sentences: Those of the training split.
        economies: The network's.
        setting: `training.economies`, auto or none.
        before: Those that a resumed run had in force; None where it is a new one, or 0.1.0 made its checkpoint.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        sentences: Sentences,
        economies: Economies,
        setting: str,
        before: Sequence[str] | None,
    ) -> None:
        self._network, self._sentences, self._economies = network, sentences, economies
        self._before = before
        self._prepare: Callable[[Optimizer], None] | None = None
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
        reasons = settle_economies(
            self._network, self._sentences, self._economies, self._wanted, _precision(trainer), _all_agree(trainer)
        )
        for name, reason in reasons.items():
            log.warning("The run trains without the economy %s: %s.", name, reason)
        lost = [name for name in self._before or () if name not in self.in_force]
        if "rows_in_use" in lost:
            self._prepare = self._economies.load_rows_in_use()
        if lost:
            names = ", ".join(lost)
            log.warning("The run had the economies %s, so its bits differ from those of a run without a break.", names)

    def on_fit_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        """Prepares the optimizer, which is there now, for its state in the checkpoint."""
        if self._prepare is not None:
            self._prepare(trainer.optimizers[0])

    def on_save_checkpoint(self, _: pl.Trainer, __: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Adds which are in force."""
        checkpoint[KEY] = self.in_force


def _precision(trainer: pl.Trainer) -> Precision:
    plugin = trainer.precision_plugin
    convert = None if isinstance(plugin, MixedPrecision) else plugin.convert_module
    return Precision(str(trainer.precision), plugin.forward_context, convert)


def _all_agree(trainer: pl.Trainer) -> Callable[[bool], bool]:
    return lambda holds: trainer.strategy.reduce_boolean_decision(holds, all=True)
