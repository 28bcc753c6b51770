"""Every shipped architecture, and decoders, with the default settings: trained, killed, resumed and used."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from colactl.training.data.tokenization import learn_tokenizer
from colactl.training.loop.fit import fit
from colactl.training.records.throughput import Throughput
from colactl.training.scoring.scorer import load_scorer
from tests.training.networks import ARCHITECTURES, DROPPING, FIRST_TOKEN, build

VOCABULARY = 3000  # ids, of which the corpus has a few hundred


class Killed(BaseException):
    """Stands for SIGKILL: nothing that handles errors may see it."""


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_it_trains_resumes_and_predicts(
    model_type: str, tiny_config, tiny_splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    build(model_type, vocab_size=VOCABULARY, padding=0).save_pretrained(source)
    learn_tokenizer(tiny_splits.train.sentences, 600, 64).save_pretrained(source)
    config = tiny_config(model__name=str(source), callbacks__checkpoint__every_n_steps=2, training__threads=1)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()

    result = fit(config, tiny_splits, whole)
    first_token = ["first_token", "attention"] * (model_type in FIRST_TOKEN)
    assert result["economies"] == ["no_mask", *first_token, *["dropout"] * (model_type in DROPPING), "rows_in_use"]
    assert result["steps"] == 8
    assert result["loss"] < 1

    count = Throughput.count

    def kill_after_five_steps(self, *arguments) -> None:
        count(self, *arguments)
        if self.steps == 5:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Throughput, "count", kill_after_five_steps)
        with pytest.raises(Killed):
            fit(config, tiny_splits, killed)
    assert fit(config, tiny_splits, killed, resume=True)["loss"] == result["loss"]
    weights = [
        torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"] for folder in (whole, killed)
    ]
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())

    sentences = tiny_splits.validation.sentences
    logits = load_scorer(whole / "model", precision=config.training.precision).logits(sentences)
    labels = torch.tensor(tiny_splits.validation.labels)
    assert torch.nn.functional.cross_entropy(logits, labels).item() == pytest.approx(
        result["loss"], abs=2e-3
    )  # of bfloat16
