from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from transformers import BertConfig, BertForSequenceClassification

from colactl.errors import ConfigError
from colactl.training.model import build_model
from colactl.training.tokenization import learn_tokenizer

SENTENCES = ["The cat sleeps.", "The dog sleeps."] * 4


@pytest.fixture
def pretrained(tmp_path: Path) -> Path:
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertForSequenceClassification(BertConfig(vocab_size=60, max_position_embeddings=32, **size)).save_pretrained(
        tmp_path
    )
    return tmp_path


def test_a_pretrained_model_trains_with_its_dropout(pretrained: Path) -> None:
    model = OmegaConf.create({"name": str(pretrained), "revision": None})
    network = build_model(model, learn_tokenizer(SENTENCES, 60, 32), 32)
    assert all(module.training for module in network.modules())
    assert network.config.id2label == {0: "unacceptable", 1: "acceptable"}


def test_a_model_takes_no_more_tokens_than_it_has_positions(pretrained: Path) -> None:
    model = OmegaConf.create({"name": str(pretrained), "revision": None})
    with pytest.raises(ConfigError, match="the model takes 32 tokens"):
        build_model(model, learn_tokenizer(SENTENCES, 60, 64), 33)
