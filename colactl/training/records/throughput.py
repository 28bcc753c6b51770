"""How fast training is, and how much of its work is padding."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytorch_lightning as pl
import torch

from colactl.training.data.batches import Batch

WARMUP_STEPS = 3  # not counted: kernels are chosen and memory is first touched

log = logging.getLogger(__name__)


class Throughput(pl.Callback):
    """Counts batches, sentences and tokens, and the time that training takes.

    The clock runs from the end of step `WARMUP_STEPS` to the end of the last one, less validation; a run of no more
    steps than that has no speed. Steps are batches. Padding is counted over all of training.
    """

    def __init__(self) -> None:
        self.steps = self.sentences = self.tokens = self.places = 0
        self.timed_sentences = self.timed_tokens = 0
        self.replicas = 1
        self._begun = self._last = self._paused_at = self._paused = 0.0
        self._validated = 0.0
        self._made, self._seconds_before = time.perf_counter(), 0.0

    def on_train_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Notes how many processes train; each does the same amount, to a sentence a step.

        Where a run is resumed the clock runs again.
        """
        self.replicas = trainer.world_size
        if self.steps >= WARMUP_STEPS:
            self._begun += time.perf_counter() - self._last

    @property
    def seconds(self) -> float:
        """Since this was made, and what a resumed run had behind it."""
        return self._seconds_before + time.perf_counter() - self._made

    def state_dict(self) -> dict[str, Any]:
        """All that has been counted; times are seconds, `begun` and `last` on a clock of this process."""
        numbers = {name: value for name, value in vars(self).items() if isinstance(value, int | float)}
        counted = {name: value for name, value in numbers.items() if name not in ("replicas", "_made")}
        return counted | {"_seconds_before": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on counting from there."""
        vars(self).update(state_dict)

    def on_train_batch_end(self, _: pl.Trainer, __: pl.LightningModule, ___: Any, batch: Batch, *____: Any) -> None:
        """Counts a batch."""
        self.count(batch["labels"].numel(), batch["tokens"], batch["input_ids"].numel(), time.perf_counter())

    def count(self, sentences: int, tokens: int, places: int, now: float) -> None:
        """Counts a batch.

        Args:
            sentences: Real ones.
            tokens: Real ones.
            places: Tokens with padding.
            now: Seconds on a monotonic clock.
        """
        self.steps += 1
        if self.steps == 1:
            log.info("The first step is done.")  # its time in the log tells what starting up took
        self.tokens += tokens
        self.places += places
        self.sentences += sentences
        if self.steps == WARMUP_STEPS:
            self._begun, self._paused = now, 0.0
        elif self.steps > WARMUP_STEPS:
            self.timed_sentences += sentences
            self.timed_tokens += tokens
            self._validated = self._paused  # a validation after the last step is outside the time anyhow
        self._last = now

    def on_validation_start(self, _: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stops the clock, once the device has done the steps that were sent to it."""
        _wait(pl_module)
        self.pause(time.perf_counter())

    def on_validation_end(self, *_: Any) -> None:
        """Lets the clock run again."""
        self.resume(time.perf_counter())

    def on_train_end(self, _: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Waits for the last step where nothing has waited for it since it was sent."""
        if pl_module.device.type == "cuda" and self._paused_at < self._last:
            _wait(pl_module)
            self._last = time.perf_counter()

    def pause(self, now: float) -> None:
        """Stops the clock at a time in seconds."""
        self._paused_at = now

    def resume(self, now: float) -> None:
        """Lets the clock run again at a time in seconds."""
        self._paused += now - self._paused_at

    def figures(self) -> dict[str, float | None]:
        """The run's speed: None where there was nothing to measure.

        `sentences_per_second` and `tokens_per_second` are of all devices together, `padding_efficiency` is the share
        of real tokens, from 0 to 1.
        """
        seconds = self._last - self._begun - self._validated if self.timed_sentences else 0.0

        def rate(amount: int) -> float | None:
            return amount * self.replicas / seconds if seconds > 0 else None

        return {
            "sentences_per_second": rate(self.timed_sentences),
            "tokens_per_second": rate(self.timed_tokens),
            "padding_efficiency": self.tokens / self.places if self.places else None,
        }


def _wait(module: pl.LightningModule) -> None:
    if module.device.type == "cuda":
        torch.cuda.synchronize(module.device)
