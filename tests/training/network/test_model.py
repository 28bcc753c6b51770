from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from transformers import BertConfig, BertForSequenceClassification

from colactl.errors import ConfigError, ModelError
from colactl.training.data.tokenization import learn_tokenizer
from colactl.training.network.model import build_model

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


class Bomb:
    """A pickle that makes a file as soon as it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.file,)


def test_a_pickle_runs_no_code(pretrained: Path, tmp_path: Path) -> None:
    (pretrained / "model.safetensors").unlink()
    torch.save({"classifier.bias": Bomb(tmp_path / "burst")}, pretrained / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot be loaded"):
        build_model(OmegaConf.create({"name": str(pretrained)}), learn_tokenizer(SENTENCES, 60, 32), 32)
    assert not (tmp_path / "burst").exists()


def test_code_that_comes_with_a_model_is_not_run(pretrained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(prompt: str = "") -> str:
        raise AssertionError("nobody is asked")

    monkeypatch.setattr("builtins.input", asked)
    config = json.loads((pretrained / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own.Own", "AutoModelForSequenceClassification": "own.M"},
    }
    (pretrained / "config.json").write_text(json.dumps(config))
    (pretrained / "own.py").write_text("raise SystemExit(77)\n")
    with pytest.raises(ModelError, match="custom code"):
        build_model(OmegaConf.create({"name": str(pretrained)}), learn_tokenizer(SENTENCES, 60, 32), 32)
