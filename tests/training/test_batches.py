from __future__ import annotations

import torch

from colactl.training.batches import GroupedByLength, Sentences, sorted_batches

LENGTHS = torch.randint(3, 40, (1000,), generator=torch.Generator().manual_seed(1))


def epoch(number: int, seed: int = 0, rank: int = 0, replicas: int = 1) -> list[list[int]]:
    sampler = GroupedByLength(LENGTHS, 16, seed, rank, replicas)
    sampler.set_epoch(number)
    return list(sampler)


def padding_efficiency(batches: list[list[int]]) -> float:
    return int(LENGTHS.sum()) / sum(len(batch) * int(LENGTHS[batch].max()) for batch in batches)


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


def test_replicas_share_an_epoch_in_equal_parts():
    first, second = epoch(0, rank=0, replicas=2), epoch(0, rank=1, replicas=2)
    assert len(first) == len(second) == len(GroupedByLength(LENGTHS, 16, 0, 0, 2)) == 32
    assert {index for batch in first + second for index in batch} == set(range(1000))


def test_fewer_batches_than_replicas_still_gives_each_its_share():
    shares = [list(GroupedByLength(LENGTHS[:10], 16, 0, rank, 4)) for rank in range(4)]
    assert [len(share) for share in shares] == [1, 1, 1, 1]


def test_validation_goes_from_short_to_long():
    batches = sorted_batches(LENGTHS, 16)
    order = [index for batch in batches for index in batch]
    assert sorted(order) == list(range(1000))
    assert LENGTHS[order].tolist() == sorted(LENGTHS.tolist())


def test_long_sentences_make_small_batches():
    batches = sorted_batches(LENGTHS, 16, places=100)
    assert sorted(index for batch in batches for index in batch) == list(range(1000))
    assert max(len(batch) * int(LENGTHS[batch].max()) for batch in batches) <= 100
    assert max(map(len, batches)) == 16
    assert sorted_batches(LENGTHS[:3], 16, places=1) == [[row] for row in torch.argsort(LENGTHS[:3]).tolist()]


def test_a_batch_is_padded_to_its_longest_sentence():
    sentences = Sentences([[5, 6, 7], [5, 6], [5, 6, 7, 8]], [0, 1, 1], padding=9)
    batch = sentences[[1, 0]]
    assert batch["input_ids"].tolist() == [[5, 6, 9], [5, 6, 7]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert (batch["labels"].tolist(), batch["tokens"]) == ([1, 0], 5)


def test_a_batch_of_one_length_has_no_mask():
    assert Sentences([[5, 6], [7, 8]], [0, 1], padding=9)[[0, 1]]["attention_mask"] is None
