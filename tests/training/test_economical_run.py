"""A run with every economy, seen from its end: what it exports is the library's model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification

from colactl.training.fit import fit
from colactl.training.tokenization import learn_tokenizer

VOCABULARY = 3000  # ids, of which the corpus has a few hundred


@pytest.fixture
def bert(tmp_path: Path, tiny_splits) -> Path:
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(0)
    BertForSequenceClassification(BertConfig(vocab_size=VOCABULARY, **size)).save_pretrained(tmp_path / "bert")
    learn_tokenizer(tiny_splits.train.sentences, 600, 64).save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


def test_the_export_is_whole_and_scores_as_the_run_did(tiny_config, tiny_splits, tmp_path: Path, bert: Path) -> None:
    folders, losses = [tmp_path / "one", tmp_path / "two"], []
    for folder in folders:
        folder.mkdir()
        config = tiny_config(model__name=str(bert), training__threads=1, optimizer__lr=1e-3)
        losses.append(fit(config, tiny_splits, folder)["loss"])
    assert losses[0] == losses[1]  # the same seed, the same masks

    weights = torch.load(folders[0] / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    assert len(weights["network.bert.embeddings.word_embeddings.weight"]) < VOCABULARY / 2
    model = AutoModelForSequenceClassification.from_pretrained(folders[0] / "model").eval()
    before = AutoModelForSequenceClassification.from_pretrained(bert).get_input_embeddings().weight
    after = model.get_input_embeddings().weight
    changed = (before != after).any(dim=1).sum()
    assert after.shape == before.shape
    assert 100 < changed <= len(weights["network.bert.embeddings.word_embeddings.weight"])

    tokenizer = AutoTokenizer.from_pretrained(folders[0] / "model")
    inputs = tokenizer(tiny_splits.validation.sentences, padding=True, return_tensors="pt")
    with torch.no_grad():
        loss = cross_entropy(model(**inputs).logits, torch.tensor(tiny_splits.validation.labels))
    assert loss.item() == pytest.approx(losses[0], abs=1e-5)
