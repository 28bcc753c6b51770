"""What Lightning trains: the network, its loss, and what a validation measures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer
from transformers import PreTrainedModel

from colactl.training.data.batches import Batch
from colactl.training.network.metrics import Scored, measure
from colactl.training.network.optimizer import build_optimizer, linear_schedule

KEY = "classifier"  # under which it stands in a checkpoint, beside Lightning's own

Points = list[tuple[int, float]]  # an optimizer step and a value


@dataclass
class Curves:
    """What was measured during training.

    Args:
        train_loss: The mean cross-entropy of batches of the training split, in nats.
        valid_loss: The mean cross-entropy of the validation split, in nats.
        valid_mcc: The Matthews correlation on the validation split, from -1 to 1.
    """

    train_loss: Points = field(default_factory=list)
    valid_loss: Points = field(default_factory=list)
    valid_mcc: Points = field(default_factory=list)


class Classifier(pl.LightningModule):
    """A sequence classifier in training.

    Args:
        network: Its logits have the shape (batch, 2).
        optimizer: The config's `optimizer` group, settled.
        log_every_n_steps: Optimizer steps between two points of the training loss, as the trainer has it.

    Attributes:
        curves: The losses and the MCC so far.
        scored: The last validation's output; None before the first one.
        figures: What `measure` made of it; empty before the first one.
        batches_begun: How many of the current epoch's training batches, those before a resumption included.
    """

    def __init__(self, network: PreTrainedModel, optimizer: DictConfig, log_every_n_steps: int) -> None:
        super().__init__()
        self.network = network
        self.settings, self.log_every_n_steps = optimizer, log_every_n_steps
        self.curves = Curves()
        self.scored: Scored | None = None
        self.figures: dict[str, float] = {}
        self.batches_begun = 0
        self._outputs: list[tuple[Tensor, Tensor]] = []
        self._loss_sum = torch.zeros(())
        self._loss_count = 0

    def forward(self, batch: Batch) -> Tensor:
        """The logits, of shape (batch, 2)."""
        logits: Tensor = self.network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        return logits.float()  # a loss in bfloat16 would have three digits

    def on_train_start(self) -> None:
        """Puts the running loss where the losses will be."""
        self._loss_sum = self._loss_sum.to(self.device)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The mean cross-entropy of a batch, in nats, times its weight."""
        self.batches_begun = batch_idx + 1
        loss = cross_entropy(self(batch), batch["labels"]) * batch["weight"]
        self._loss_sum += loss.detach()  # stays on the device: reading it each step would make the device wait
        self._loss_count += 1
        if (self.global_step + 1) % self.log_every_n_steps == 0:
            self._log_train_loss()
        return loss

    def _log_train_loss(self) -> None:
        mean = self._over_devices(self._loss_sum) / self._loss_count
        self._loss_sum, self._loss_count = torch.zeros_like(mean), 0
        self.log("train/loss", mean, prog_bar=True, logger=False, batch_size=1)
        # Lightning logs metrics after a step's last hook, where checkpoints are saved: a run that is killed in
        # between would go on without them.
        for logger in self.loggers:
            logger.log_metrics({"train/loss": float(mean), "epoch": self.current_epoch}, self.global_step)
        self.curves.train_loss.append((self.global_step + 1, float(mean)))

    def _over_devices(self, value: Tensor) -> Tensor:
        mean = self.trainer.strategy.reduce(value, reduce_op="mean")  # of one device: the value itself
        assert isinstance(mean, Tensor)
        return mean

    def validation_step(self, batch: Batch, _: int) -> None:
        """Keeps a batch's logits for the epoch's end."""
        self._outputs.append((self(batch), batch["labels"]))

    def on_validation_epoch_end(self) -> None:
        """Measures on all logits at once."""
        logits, labels = (torch.cat(parts).cpu() for parts in zip(*self._outputs, strict=True))
        self._outputs.clear()
        self.take(Scored(logits, labels))
        # After training the best checkpoint is validated once more, which is no point of a curve.
        if self.trainer.state.fn == "fit" and not self.trainer.sanity_checking:
            # Every replica has scored the whole split, so there is nothing to gather.
            self.log_dict({f"valid/{name}": value for name, value in self.figures.items()}, batch_size=1)
            self.curves.valid_loss.append((self.global_step, self.figures["loss"]))
            self.curves.valid_mcc.append((self.global_step, self.figures["mcc"]))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what was measured on the way."""
        losses = {"loss_sum": self._over_devices(self._loss_sum), "loss_count": self._loss_count}
        checkpoint[KEY] = {"curves": vars(self.curves), **losses}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Takes it back."""
        own = checkpoint[KEY]
        self.curves = Curves(**own["curves"])
        self._loss_sum, self._loss_count = own["loss_sum"], own["loss_count"]

    def take(self, scored: Scored | None) -> None:
        """Puts another validation's output in the place of the last one's."""
        self.scored, self.figures = scored, {} if scored is None else measure(scored)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimizer, with a learning rate that changes each step."""
        settings = self.settings.copy()
        if self._scaled():  # a fused step would undo the scaling itself, and so could not be clipped before it
            settings.pop("fused", None)
        optimizer = build_optimizer(settings, self.network)
        schedule = linear_schedule(optimizer, self.settings.warmup_ratio, int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clips as Lightning does, but for fused optimizers too in bfloat16, where no gradient is scaled."""
        if gradient_clip_val and gradient_clip_algorithm in (None, "norm") and not self._scaled():
            clip_grad_norm_(self.parameters(), gradient_clip_val)
        else:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)

    def _scaled(self) -> bool:
        """Whether losses are scaled up so that their gradients fit into float16."""
        return getattr(self.trainer.precision_plugin, "scaler", None) is not None
