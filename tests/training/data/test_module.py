from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from omegaconf import OmegaConf

from colactl.training.data import module
from colactl.training.data.module import TokenizedCorpus, tokenize_ahead, tokenize_corpus
from colactl.training.data.split import Split, Splits

MODEL = OmegaConf.create({"name": None, "tokenizer": None, "vocab_size": 100, "max_positions": 16})


@pytest.fixture(autouse=True)
def nothing_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ahead", {})


@pytest.fixture
def splits() -> Splits:
    sentences = ["The boy sleeps.", "The girls sleep.", "Boy the sleeps."]
    split = Split(sentences, [1, 1, 0], [""] * 3)
    return Splits(split, replace(split, sentences=sentences[::-1]))


def tables(corpus: TokenizedCorpus) -> list[torch.Tensor]:
    return [corpus.train.table, corpus.validation.table]


def test_what_was_tokenized_ahead_is_the_same_and_taken(splits: Splits) -> None:
    alone = tokenize_corpus(MODEL, splits, 16)
    tokenize_ahead(MODEL, splits, 16)
    assert "TOKENIZERS_PARALLELISM" not in os.environ
    ahead = tokenize_corpus(MODEL, splits, 16)
    assert ahead is tokenize_corpus(MODEL.copy(), replace(splits), 16)
    assert ahead.tokenizer.get_vocab() == alone.tokenizer.get_vocab()
    assert all(torch.equal(*pair) for pair in zip(tables(ahead), tables(alone), strict=True))


def test_another_model_corpus_or_length_is_tokenized_anew(splits: Splits) -> None:
    tokenize_ahead(MODEL, splits, 16)
    ahead = tokenize_corpus(MODEL, splits, 16)
    other = replace(splits, train=splits.validation)
    assert tokenize_corpus(MODEL, other, 16) is not ahead
    assert tokenize_corpus(MODEL, splits, 5).train.table.shape == (3, 5)
    assert len(tokenize_corpus(OmegaConf.merge(MODEL, {"vocab_size": 30}), splits, 16).tokenizer) <= 30


def test_a_pretrained_tokenizer_is_left_to_each_job(splits: Splits) -> None:
    tokenize_ahead(OmegaConf.create({"name": "no/such", "tokenizer": None}), splits, 16)
    assert module._ahead == {}


def test_a_copy_of_the_process_is_not_warned_of_threads() -> None:
    code = """
import os
from omegaconf import OmegaConf
from colactl.training.data.module import tokenize_ahead
from colactl.training.data.split import Split, Splits

split = Split(["The boy sleeps."] * 9, [1] * 9, [""] * 9)
model = OmegaConf.create({"name": None, "vocab_size": 50, "max_positions": 16})
tokenize_ahead(model, Splits(split, split), 16)
if os.fork():
    os.wait()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tokenizers" not in done.stderr
