from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from colactl.training.data.batches import GroupedByLength, Sentences, Share, hardly_padded_batches, sorted_batches

LENGTHS = torch.randint(3, 40, (1000,), generator=torch.Generator().manual_seed(1))


def epoch(number: int, seed: int = 0) -> list[list[int]]:
    sampler = GroupedByLength(LENGTHS, 16, seed)
    sampler.set_epoch(number)
    return list(sampler)


def padding_efficiency(batches: list[list[int]]) -> float:
    return int(LENGTHS.sum()) / sum(len(batch) * int(LENGTHS[batch].max()) for batch in batches)


def of_one_length(batches: list[list[int]]) -> int:
    """Sentences in batches that need no padding."""
    return sum(len(batch) for batch in batches if len(set(LENGTHS[batch].tolist())) == 1)


def test_each_sentence_comes_once_an_epoch():
    assert sorted(index for batch in epoch(3) for index in batch) == list(range(1000))


def test_the_order_is_a_function_of_seed_and_epoch():
    assert epoch(1) == epoch(1)
    assert epoch(1) != epoch(2)
    assert epoch(1, seed=0) != epoch(1, seed=1)
    assert {frozenset(batch) for batch in epoch(1)} != {frozenset(batch) for batch in epoch(2)}


def test_hardly_any_padding():
    shuffled = [batch.tolist() for batch in torch.randperm(1000, generator=torch.Generator().manual_seed(0)).split(16)]
    assert padding_efficiency(epoch(0)) > 0.95 > 0.7 > padding_efficiency(shuffled)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(1, 5), st.integers(1, 6), st.integers(0, 3))
def test_devices_share_an_epoch_without_duplicates(size, batch_size, devices, number):
    """With labels that name the sentences, what weighs something is every sentence exactly once."""
    sentences = Sentences([[5] * (1 + index % 7) for index in range(size)], list(range(size)), padding=0)
    sampler = GroupedByLength(sentences.lengths, batch_size * devices, seed=0)
    sampler.set_epoch(number)
    steps = list(sampler)
    shares = [[Share(sentences, device, devices)[step] for step in steps] for device in range(devices)]
    seen = [label for share in shares for batch in share if batch["weight"] for label in batch["labels"].tolist()]
    assert sorted(seen) == list(range(size))
    assert all(1 <= len(batch["labels"]) <= batch_size for share in shares for batch in share)
    assert len(steps) == len(sampler) == -(-size // (batch_size * devices))  # as on one device with as large a batch


def test_the_devices_mean_loss_is_that_of_the_whole_batch():
    sentences = Sentences([[5, 6]] * 5, [0, 1, 1, 0, 1], padding=9)
    logits = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    for size in (5, 2):  # one device has fewer sentences, and one has none
        devices, total = 3, torch.zeros(())
        for device in range(devices):
            batch = Share(sentences, device, devices)[list(range(size))]
            mine = list(range(size))[device::devices] or [0]
            total += cross_entropy(logits[mine], batch["labels"]) * batch["weight"] / devices
        torch.testing.assert_close(total, cross_entropy(logits[:size], sentences.labels[:size]))


def test_validation_goes_from_short_to_long():
    batches = sorted_batches(LENGTHS, 16)
    order = [index for batch in batches for index in batch]
    assert sorted(order) == list(range(1000))
    assert LENGTHS[order].tolist() == sorted(LENGTHS.tolist())


def test_batches_of_one_length_where_there_are_enough():
    batches = hardly_padded_batches(LENGTHS, 16, places=16 * 40)
    assert sorted(index for batch in batches for index in batch) == list(range(1000))
    assert of_one_length(batches) > 600 > 500 > of_one_length(sorted_batches(LENGTHS, 16))
    assert padding_efficiency(batches) > 0.95
    assert len(batches) == 63  # as few as without the grouping


def test_long_sentences_make_small_batches():
    batches = hardly_padded_batches(LENGTHS, 16, places=100)
    assert sorted(index for batch in batches for index in batch) == list(range(1000))
    assert max(len(batch) * int(LENGTHS[batch].max()) for batch in batches) <= 100
    assert max(map(len, batches)) == 16
    assert hardly_padded_batches(LENGTHS[:3], 16, places=1) == [[row] for row in torch.argsort(LENGTHS[:3]).tolist()]
    assert hardly_padded_batches(torch.tensor([5] * 4), 2, places=100) == [[0, 1], [2, 3]]


def test_a_batch_is_padded_to_its_longest_sentence():
    sentences = Sentences([[5, 6, 7], [5, 6], [5, 6, 7, 8]], [0, 1, 1], padding=9)
    batch = sentences[[1, 0]]
    assert batch["input_ids"].tolist() == [[5, 6, 9], [5, 6, 7]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert (batch["labels"].tolist(), batch["tokens"]) == ([1, 0], 5)


def test_a_batch_of_one_length_has_no_mask():
    assert Sentences([[5, 6], [7, 8]], [0, 1], padding=9)[[0, 1]]["attention_mask"] is None
