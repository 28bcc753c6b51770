"""The corpus as Lightning wants it: tokenized once, then given out in batches."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from torch.utils.data import DataLoader
from transformers import PreTrainedTokenizerBase

from colactl.training.data.batches import Batch, GroupedByLength, Sentences, Share, sorted_batches
from colactl.training.data.split import Split, Splits
from colactl.training.data.tokenization import load_tokenizer, tokenize

PARALLELISM = "TOKENIZERS_PARALLELISM"  # the variable by which `tokenizers` uses several threads, or one


@dataclass(frozen=True)
class TokenizedCorpus:
    """What a run trains and validates on, as ids, with the tokenizer that made them."""

    tokenizer: PreTrainedTokenizerBase
    train: Sentences
    validation: Sentences


_ahead: dict[str, TokenizedCorpus] = {}  # what `tokenize_ahead` has made, by all that it depends on


def tokenize_corpus(model: DictConfig, splits: Splits, max_length: int) -> TokenizedCorpus:
    """Loads or learns the tokenizer of a model, and tokenizes the training and the validation split.

    Args:
        model: The config's `model` group, resolved.
        splits: The corpus; its test split is left alone.
        max_length: Tokens a sentence is cut to, special ones included.

    Raises:
        ModelError: The tokenizer is not available.
    """
    if _ahead and (corpus := _ahead.get(_key(model, splits, max_length))):
        return corpus
    tokenizer = load_tokenizer(model, splits.train.sentences)
    padding = tokenizer.pad_token_id
    assert padding is not None

    def sentences(split: Split) -> Sentences:
        return Sentences(tokenize(split.sentences, tokenizer, max_length), split.labels, padding)

    return TokenizedCorpus(tokenizer, sentences(splits.train), sentences(splits.validation))


def tokenize_ahead(model: DictConfig, splits: Splits, max_length: int) -> None:
    """Does what `tokenize_corpus` does, in a process whose copies are to train on the corpus.

    For the default config it takes about a second of a processor's time, which is most of a job's start.

    Args:
        model: The config's `model` group, resolved. Nothing is done where it has a pretrained tokenizer, whose files
            may change from job to job.
        splits: As for `tokenize_corpus`.
        max_length: Likewise.
    """
    if model.get("tokenizer") or model.get("name"):
        return
    one_thread = PARALLELISM not in os.environ  # after several, each copy would be warned of
    try:
        if one_thread:
            os.environ[PARALLELISM] = "false"
        _ahead[_key(model, splits, max_length)] = tokenize_corpus(model, splits, max_length)
    finally:
        if one_thread:
            del os.environ[PARALLELISM]


def _key(model: DictConfig, splits: Splits, max_length: int) -> str:
    source = model.get("tokenizer") or model.get("name")
    return f"{source} {model.get('vocab_size')} {model.get('max_positions')} {max_length} {splits.fingerprint()}"


class AcceptabilityData(pl.LightningDataModule):
    """Batches of a corpus.

    Args:
        corpus: The sentences.
        batch_size: Sentences a batch and device.
        seed: Of the training batches' order.
    """

    def __init__(self, corpus: TokenizedCorpus, batch_size: int, seed: int) -> None:
        super().__init__()
        self.train, self.validation = corpus.train, corpus.validation
        self.batch_size, self.seed = batch_size, seed
        self._batches_done = 0  # of the current epoch, where a run is resumed within one
        self.validation_batches = sorted_batches(self.validation.lengths, batch_size)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches grouped by length, in another order each epoch, and this device's share of each."""
        trainer = self.trainer
        device, devices = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
        sampler = GroupedByLength(self.train.lengths, self.batch_size * devices, self.seed)
        sampler.skip, self._batches_done = self._batches_done, 0
        return _loader(Share(self.train, device, devices) if devices > 1 else self.train, sampler)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Batches sorted by length; every device gets all of them, so that each has the exact metrics."""
        return _loader(self.validation, self.validation_batches)

    def state_dict(self) -> dict[str, Any]:
        """How many of the epoch's batches are done; 0 where none is left."""
        assert self.trainer is not None
        module: Any = self.trainer.lightning_module  # a `Classifier`
        done = module.batches_begun  # a checkpoint is written after a batch, or after an epoch
        return {"batches": done if done < self.trainer.num_training_batches else 0}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Makes the first epoch go on after the batches that are done."""
        self._batches_done = state_dict["batches"]

    def validation_order(self) -> list[int]:
        """The position in the corpus of every sentence of a validation, in its order."""
        return list(chain.from_iterable(self.validation_batches))


def _loader(sentences: Sentences | Share, batches: Iterable[list[int]]) -> DataLoader[Batch]:
    # The sampler's items are whole batches, and the data set makes one of each: nothing is left to collate, and with
    # everything in memory worker processes would only add copies.
    # A generator of its own: from the global one, each epoch would draw a number that a resumed run draws twice.
    own = torch.Generator()
    return DataLoader(sentences, sampler=batches, batch_size=None, collate_fn=_unchanged, generator=own)


def _unchanged(batch: Any) -> Any:
    return batch
