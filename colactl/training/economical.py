"""The callback that settles, when a run starts, which economies it trains with."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.plugins import MixedPrecision
from transformers import PreTrainedModel

from colactl.errors import TrainingError
from colactl.training.batches import Sentences
from colactl.training.economies import NAMES, Economies
from colactl.training.proof import Precision, settle_economies

KEY = "economies"  # under which their names stand in a checkpoint and in result.json
KEPT_ROWS = "rows_in_use"  # the one economy that changes the shape of a weight

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
        self._wanted = [name for name in NAMES if setting == "auto" and (before is None or name in before)]

    @property
    def in_force(self) -> list[str]:
        """The names of those that the run trains with."""
        return self._economies.in_force

    def setup(self, trainer: pl.Trainer, _: pl.LightningModule, stage: str) -> None:
        """Tries them on the run's device and in its precision, and names those that are left out.

        Raises:
            TrainingError: A resumed run cannot be had without one that is left out.
        """
        if stage != "fit":
            return
        self._network.to(trainer.strategy.root_device)  # type: ignore[arg-type]  # transformers' annotation hides nn.Module's
        reasons = settle_economies(
            self._network, self._sentences, self._economies, self._wanted, _precision(trainer), _all_agree(trainer)
        )
        for name, reason in reasons.items():
            log.warning("The run trains without the economy %s: %s.", name, reason)
        lost = [name for name in self._before or () if name not in self.in_force]
        if KEPT_ROWS in lost:
            raise TrainingError(
                f"The run cannot be resumed: its checkpoint needs the economy {KEPT_ROWS}, which is left out here.",
                "Train anew with: colactl train --rerun, and the run's folder",
            )
        if lost:
            log.warning("The run had %s, so its bits differ from those of a run without a break.", ", ".join(lost))

    def on_save_checkpoint(self, _: pl.Trainer, __: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """Adds which are in force."""
        checkpoint[KEY] = self.in_force


def _precision(trainer: pl.Trainer) -> Precision:
    plugin = trainer.precision_plugin
    convert = None if isinstance(plugin, MixedPrecision) else plugin.convert_module
    return Precision(str(trainer.precision), plugin.forward_context, convert)


def _all_agree(trainer: pl.Trainer) -> Any:
    return lambda holds: trainer.strategy.reduce_boolean_decision(holds, all=True)
