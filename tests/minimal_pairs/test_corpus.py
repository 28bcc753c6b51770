"""The corpus as a whole: its sizes, its balance, and that it is the same everywhere."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from colactl import minimal_pairs
from colactl.minimal_pairs import FAMILIES, PHENOMENA, Corpus, Example, lexicon

GOLDEN_SHA256 = "3107a61ff7929a930837c9298f8d2d874d753bf290ff379a08cf4cf4d30df1b7"
DIGEST_PROGRAM = """
import hashlib, json
from colactl import minimal_pairs
corpus = minimal_pairs.generate(0)
print(hashlib.sha256(json.dumps([corpus.train, corpus.validation]).encode()).hexdigest())
"""
IMPORTS_PROGRAM = """
import sys
before = set(sys.modules)
from colactl import minimal_pairs
minimal_pairs.generate(0)
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(roots - set(sys.stdlib_module_names) - {"colactl"}))
"""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return minimal_pairs.generate(0)


def words(sentence: str) -> set[str]:
    return set(sentence.lower().replace("'s ", " ").replace(",", "").rstrip(".?").split())


def both_splits(corpus: Corpus) -> list[list[Example]]:
    return [corpus.train, corpus.validation]


def run(program: str, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_sizes_are_those_of_cola(corpus: Corpus) -> None:
    assert (len(corpus.train), len(corpus.validation)) == (8551, 1043)


def test_seed_zero_gives_the_golden_bytes(corpus: Corpus) -> None:
    written = json.dumps([corpus.train, corpus.validation]).encode()
    assert hashlib.sha256(written).hexdigest() == GOLDEN_SHA256


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_hash_order_does_not_matter(hash_seed: str) -> None:
    assert run(DIGEST_PROGRAM, hash_seed) == GOLDEN_SHA256


def test_another_seed_gives_another_corpus(corpus: Corpus) -> None:
    other = minimal_pairs.generate(1)
    shared = {example.sentence for example in corpus.train} & {example.sentence for example in other.train}
    assert (len(other.train), len(other.validation)) == (8551, 1043)
    assert len(shared) < 0.2 * len(corpus.train)


def test_no_sentence_occurs_twice(corpus: Corpus) -> None:
    counts = Counter(example.sentence.lower() for split in both_splits(corpus) for example in split)
    assert [sentence for sentence, count in counts.items() if count > 1] == []


def test_phenomena_and_families_are_many_and_in_both_splits(corpus: Corpus) -> None:
    assert len(PHENOMENA) >= 20
    assert len(set(FAMILIES.values())) >= 10
    for split in both_splits(corpus):
        assert {example.source for example in split} == set(PHENOMENA)


def test_labels_are_balanced_in_every_phenomenon(corpus: Corpus) -> None:
    for split in both_splits(corpus):
        signed = Counter[str]()
        for example in split:
            signed[example.source] += 1 if example.label else -1
        assert {example.label for example in split} == {0, 1}
        assert max(abs(difference) for difference in signed.values()) <= 1


def test_held_out_words_occur_in_validation_only(corpus: Corpus) -> None:
    held_out = {word.lower() for word in lexicon.HELD_OUT}
    with_held_out = [
        sum(bool(held_out & words(example.sentence)) for example in split) for split in both_splits(corpus)
    ]
    assert with_held_out[0] == 0
    assert 0.05 <= with_held_out[1] / len(corpus.validation) <= 0.10


def test_other_words_of_validation_occur_in_training(corpus: Corpus) -> None:
    seen, asked = (set[str]().union(*(words(example.sentence) for example in split)) for split in both_splits(corpus))
    assert asked - seen <= {word.lower() for word in lexicon.HELD_OUT}


def test_only_the_standard_library_is_imported() -> None:
    assert run(IMPORTS_PROGRAM, "0") == ""
