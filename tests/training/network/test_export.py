"""The exported model: loads anywhere with no argument but its folder, and its card tells no tales."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast, pipeline

from colactl.training.network.export import card, save

SENTENCES = ["the cat sat on the mat .", "cat the on sat mat the ."]
RESULT = {"mcc": 0.61234, "accuracy": 0.8, "f1": 0.85, "loss": 0.4321, "epochs": 3, "train_sentences": 8551, "x": "/x"}


def a_config(name: str | None = "google/bert_uncased_L-2_H-128_A-2") -> DictConfig:
    return OmegaConf.create(
        {
            "seed": 11,
            "model": {"name": name},
            "data": {"train": "/private/corpus.tsv"},
            "processing": {"batch_size": 64, "max_length": 48},
            "training": {"max_epochs": 3, "precision": "32-true", "gradient_clip_val": None},
            "optimizer": {"lr": 3e-5, "weight_decay": 0.01, "warmup_ratio": 0.1},
            "database": {"password": "hunter2-hunter2"},
        }
    )


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> BertTokenizerFast:
    learner = BertWordPieceTokenizer()
    learner.train_from_iterator(SENTENCES, vocab_size=60, min_frequency=1, show_progress=False)
    source = tmp_path_factory.mktemp("tokenizer")
    BertTokenizerFast(tokenizer_object=learner._tokenizer, model_max_length=32).save_pretrained(source)
    return BertTokenizerFast.from_pretrained(source)  # so that it remembers a local folder


@pytest.fixture(scope="module")
def model(tokenizer: BertTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> BertForSequenceClassification:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=32, **sizes)
    source = tmp_path_factory.mktemp("model")
    BertForSequenceClassification(config).save_pretrained(source)
    return BertForSequenceClassification.from_pretrained(source).eval()


def test_loads_in_a_pipeline_with_equal_results(
    tmp_path: Path, model: BertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    folder = tmp_path / "made" / "model"
    save(model, tokenizer, folder, a_config(), RESULT)
    assert (folder / "model.safetensors").is_file()
    with torch.no_grad():
        expected = model(**tokenizer(SENTENCES, return_tensors="pt", padding=True)).logits.softmax(-1)
    found = pipeline("text-classification", model=str(folder))(SENTENCES, top_k=None)
    for scores, row in zip(found, expected, strict=True):
        named = {each["label"]: each["score"] for each in scores}
        assert [named["unacceptable"], named["acceptable"]] == pytest.approx(row.tolist(), abs=1e-6)


def test_nothing_is_said_and_no_path_of_this_machine_is_written(
    tmp_path: Path,
    model: BertForSequenceClassification,
    tokenizer: BertTokenizerFast,
    capfd: pytest.CaptureFixture[str],
) -> None:
    capfd.readouterr()
    save(model, tokenizer, tmp_path, a_config(str(tmp_path)), RESULT)
    assert capfd.readouterr() == ("", "")
    text = "".join(path.read_text() for path in tmp_path.iterdir() if path.suffix in (".json", ".md", ".txt"))
    for private in (str(tmp_path.parent.parent), "/private", "hunter2", "base_model"):
        assert private not in text
    assert json.loads((tmp_path / "config.json").read_text())["label2id"] == {"unacceptable": 0, "acceptable": 1}


def test_card_has_metadata_figures_and_hyper_parameters() -> None:
    _, metadata, body = card(a_config(), RESULT).split("---\n", 2)
    front = OmegaConf.create(metadata)
    assert front.library_name == "transformers"
    assert front.pipeline_tag == "text-classification"
    assert front.base_model == "google/bert_uncased_L-2_H-128_A-2"
    assert front.language == "en"
    assert "matthews_correlation" in front.metrics
    for line in (
        "| Matthews correlation | 0.6123 |",
        "| Training sentences | 8551 |",
        "| `optimizer.lr` | 3e-05 |",
        "| `processing.batch_size` | 64 |",
        "| `seed` | 11 |",
    ):
        assert line in body
    assert "gradient_clip_val" not in body
    assert "/x" not in body


@pytest.mark.parametrize("name", [None, "./here", "../there", "~/models/mine", "/data/model", "a/b/c"])
def test_only_a_name_on_the_hub_is_a_base_model(name: str | None) -> None:
    assert "base_model" not in card(a_config(name), RESULT)


def test_a_folder_that_looks_like_a_hub_id_is_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "owner" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert "base_model" not in card(a_config("owner/model"), RESULT)


def test_card_needs_neither_figures_nor_a_whole_config() -> None:
    assert "## Results" in card(OmegaConf.create({"model": {"name": None}}), {})
