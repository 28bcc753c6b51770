"""The corpus as Lightning wants it: tokenized once and kept for the next run, then handed out in batches."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader
from transformers import PreTrainedTokenizerBase

from colactl.training.data.batches import Batch, GroupedByLength, Sentences, Share, sorted_batches
from colactl.training.data.corpus import Splits
from colactl.training.data.split import Split
from colactl.training.data.token_cache import token_ids
from colactl.training.network.module import Classifier


class AcceptabilityData(pl.LightningDataModule):
    """Batches of a corpus.

    Args:
        splits: The corpus; its test split is left alone.
        tokenizer: What turns sentences into ids.
        batch_size: Sentences a batch and device.
        max_length: Tokens a sentence is cut to, special ones included.
        seed: Of the training batches' order.
    """

    def __init__(
        self, splits: Splits, tokenizer: PreTrainedTokenizerBase, batch_size: int, max_length: int, seed: int
    ) -> None:
        super().__init__()
        self.batch_size, self.seed = batch_size, seed
        self._done = 0  # batches of the current epoch that a resumed run has behind it
        self.train = _tokenized(splits.train, tokenizer, max_length)
        self.validation = _tokenized(splits.validation, tokenizer, max_length)
        self.validation_batches = sorted_batches(self.validation.lengths, batch_size)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches grouped by length, in another order each epoch, and this device's share of each."""
        trainer = self.trainer
        device, devices = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
        sampler = GroupedByLength(self.train.lengths, self.batch_size * devices, self.seed)
        sampler.skip, self._done = self._done, 0
        return _loader(Share(self.train, device, devices) if devices > 1 else self.train, sampler)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Batches sorted by length; every device gets all of them, so that each has the exact figures."""
        return _loader(self.validation, self.validation_batches)

    def state_dict(self) -> dict[str, Any]:
        """How many of the epoch's batches are done; 0 where none is left."""
        assert self.trainer is not None
        assert isinstance(self.trainer.lightning_module, Classifier)
        done = self.trainer.lightning_module.batches_begun  # a checkpoint is written after a batch, or after an epoch
        return {"batches": done if done < self.trainer.num_training_batches else 0}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Makes the first epoch go on there."""
        self._done = state_dict["batches"]

    def validation_order(self) -> list[int]:
        """The position in the corpus of every sentence that validation goes through, in its order."""
        return list(chain.from_iterable(self.validation_batches))


def _tokenized(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> Sentences:
    assert tokenizer.pad_token_id is not None
    return Sentences(token_ids(split, tokenizer, max_length), split.labels, tokenizer.pad_token_id)


def _loader(sentences: Sentences | Share, batches: Iterable[list[int]]) -> DataLoader[Batch]:
    # The sampler's items are whole batches, and the data set makes one of each: nothing is left to collate, and with
    # everything in memory worker processes would only add copies.
    # A generator of its own: from the global one, each epoch would draw a number that a resumed run draws twice.
    own = torch.Generator()
    return DataLoader(sentences, sampler=batches, batch_size=None, collate_fn=_as_it_is, generator=own)


def _as_it_is(batch: Any) -> Any:
    return batch
