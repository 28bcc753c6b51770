"""Batches of sentences of like length: hardly any padding, in an order that the seed and the epoch decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

CHUNK_BATCHES = 1000  # sorted together: of CoLA all, so that five batches in six have one length and need no mask


class Batch(TypedDict):
    """One step's input.

    `input_ids` is int64 of shape (batch, longest); `attention_mask` likewise, 1 on real tokens, or None where nothing
    is padded: attention without a mask takes a faster kernel to the same result. `labels` is int64 of shape (batch,).
    `tokens` counts the real ones. `weight` is what the batch's mean loss counts for in the mean over the devices; 1
    where there is one.
    """

    input_ids: Tensor
    attention_mask: Tensor | None
    labels: Tensor
    tokens: int
    weight: float


class Sentences(Dataset[Batch]):
    """Tokenized sentences in memory; indexed by a list of positions, it gives a padded batch.

    Args:
        token_ids: Each sentence's ids, special tokens included; lists or tensors of integers.
        labels: 0 or 1 each.
        padding: The id of the padding token.
    """

    def __init__(self, token_ids: Sequence[Sequence[int] | Tensor], labels: Sequence[int], padding: int) -> None:
        self.lengths = torch.tensor([len(ids) for ids in token_ids], dtype=torch.int64)
        self.labels = torch.tensor(labels, dtype=torch.int64)
        # One table, padded on the right, so that a batch is two slices; int32 halves what it takes.
        rows = [torch.as_tensor(ids, dtype=torch.int32) for ids in token_ids]
        self.table = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=padding)

    def ids(self) -> Tensor:
        """All ids that occur, the padding's included; int64 of shape (ids,), sorted."""
        return torch.bincount(self.table.flatten()).nonzero().flatten()  # a tenth of the time of torch.unique

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: list[int]) -> Batch:
        rows = torch.tensor(indices)
        lengths = self.lengths[rows]
        longest, shortest = int(lengths.max()), int(lengths.min())
        mask = None if shortest == longest else (torch.arange(longest) < lengths[:, None]).long()
        return Batch(
            input_ids=self.table[rows, :longest].long(),
            attention_mask=mask,
            labels=self.labels[rows],
            tokens=int(lengths.sum()),
            weight=1.0,
        )


class Share(Dataset[Batch]):
    """One device's share of every batch, with the weight that makes the gradient's mean over devices the whole batch's.

    Args:
        sentences: All of them; indexed by the positions of a whole batch, a share gives every `devices`-th of it.
        device: Whose share, from 0.
        devices: How many train together.
    """

    def __init__(self, sentences: Sentences, device: int, devices: int) -> None:
        self.sentences, self.device, self.devices = sentences, device, devices

    def __len__(self) -> int:
        return len(self.sentences)

    def __getitem__(self, indices: list[int]) -> Batch:
        mine = indices[self.device :: self.devices]
        # All devices must take part in a step: one that has none of a small batch takes a sentence that weighs nothing.
        batch = self.sentences[mine or indices[:1]]
        batch["weight"] = len(mine) * self.devices / len(indices)
        return batch


class GroupedByLength(Sampler[list[int]]):
    """Shuffled batches whose sentences have like lengths.

    An epoch's order is a function of the seed and the epoch's number alone: shuffle, cut into chunks, sort each by
    length, cut into batches, shuffle those.

    Args:
        lengths: Tokens of each sentence; int64 of shape (sentences,).
        batch_size: Sentences a batch; the last one of a chunk may be smaller.
        seed: Of the shuffling.

    Attributes:
        skip: Batches that the next epoch leaves out at its start, because they are done; the others leave out none.
    """

    def __init__(self, lengths: Tensor, batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed = lengths, batch_size, seed
        self.epoch = 0
        self.skip = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch's order; Lightning calls it before each one."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator)
        chunks = torch.split(order, CHUNK_BATCHES * self.batch_size)
        batches = [batch for chunk in chunks for batch in torch.split(self._by_length(chunk), self.batch_size)]
        first, self.skip = self.skip, 0
        for index in torch.randperm(len(batches), generator=generator)[first:].tolist():
            yield batches[index].tolist()

    def _by_length(self, chunk: Tensor) -> Tensor:
        return chunk[torch.argsort(self.lengths[chunk], stable=True)]


def sorted_batches(lengths: Tensor, batch_size: int) -> list[list[int]]:
    """Batches for scoring, shortest sentences first.

    Args:
        lengths: Tokens of each sentence; int64 of shape (sentences,).
        batch_size: Sentences a batch.

    Returns:
        Positions in the corpus, each exactly once.
    """
    return [batch.tolist() for batch in torch.split(torch.argsort(lengths, stable=True), batch_size)]


def hardly_padded_batches(lengths: Tensor, batch_size: int, places: int) -> list[list[int]]:
    """Batches for scoring many sentences: of one length where that fills a batch, the rest sorted by length.

    Without padding there is no attention mask, which takes a faster kernel.

    Args:
        lengths: Tokens of each sentence, at least one; int64 of shape (sentences,).
        batch_size: Sentences a batch.
        places: Tokens a batch, padding included; long sentences make smaller batches then, of one at least.

    Returns:
        Positions in the corpus, each exactly once.
    """
    order = torch.argsort(lengths, stable=True)
    counts = torch.unique_consecutive(lengths[order], return_counts=True)[1]
    parts = [part for group in torch.split(order, counts.tolist()) for part in torch.split(group, batch_size)]
    full = [part for part in parts if len(part) == batch_size]
    rest = torch.cat([part for part in parts if len(part) < batch_size] or [order[:0]])
    batches = [batch for batch in (*full, *torch.split(rest, batch_size)) if len(batch)]
    sizes = [max(1, places // int(lengths[batch[-1]])) for batch in batches]  # the last one is the longest
    return [part.tolist() for batch, size in zip(batches, sizes, strict=True) for part in torch.split(batch, size)]
