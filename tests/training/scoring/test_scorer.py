"""A model of either kind scores sentences; what is no such model is told in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import (
    BertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    PreTrainedTokenizerFast,
)

from colactl.errors import ModelError
from colactl.runs.run import Run
from colactl.training.scoring.scorer import load_scorer

SENTENCES = ["The cat sleeps.", "", "Cat the sleeps.", "The dogs see the cat that sleeps.", "ü\t\u2028 cat"]


@pytest.fixture
def model_folder(write_model: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    return lambda name="model", *arguments, **config: write_model(tmp_path / name, *arguments, **config)


def test_a_model_folder_scores_as_its_own_model_does(model_folder: Callable[..., Path]) -> None:
    folder = model_folder()
    scorer = load_scorer(folder, batch_size=2)
    network = BertForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        alone = [network(**scorer.tokenizer(text, return_tensors="pt")).logits.softmax(-1)[0, 1] for text in SENTENCES]
    found = scorer.probabilities(SENTENCES)
    assert found.shape == (5,)
    assert found == pytest.approx(np.array(alone), abs=1e-5)
    assert np.ptp(found) > 0.05  # or any order would do


def test_no_sentence_has_no_probability(model_folder: Callable[..., Path]) -> None:
    assert load_scorer(model_folder()).probabilities([]).shape == (0,)


def test_the_label_that_is_called_acceptable_counts(model_folder: Callable[..., Path]) -> None:
    usual, turned = model_folder(), model_folder("turned", id2label={0: "Acceptable", 1: "Unacceptable"})
    unnamed = model_folder("unnamed", id2label={0: "LABEL_0", 1: "LABEL_1"})
    expected = load_scorer(usual).probabilities(SENTENCES)
    assert load_scorer(turned).probabilities(SENTENCES) == pytest.approx(1 - expected, abs=1e-6)
    assert load_scorer(unnamed).probabilities(SENTENCES) == pytest.approx(expected)


def test_a_long_sentence_is_cut_to_what_the_model_takes(model_folder: Callable[..., Path]) -> None:
    scorer = load_scorer(model_folder())
    assert scorer.max_length == 24
    assert scorer.probabilities(["cat " * 500]).shape == (1,)


def test_a_decoder_scores_an_empty_sentence(tmp_path: Path) -> None:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"<end>": 0, "cat": 1}, unk_token="<end>")), eos_token="<end>"
    )
    tokenizer.save_pretrained(tmp_path)
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=2, n_positions=8, n_embd=8, n_layer=1, n_head=1, bos_token_id=0, eos_token_id=0)
    GPT2ForSequenceClassification(config).save_pretrained(tmp_path)
    scorer = load_scorer(tmp_path)
    assert scorer.max_length == 8
    assert scorer.probabilities(["", "cat", ""]).shape == (3,)


def test_a_run_is_its_model_cut_as_in_training(model_folder: Callable[..., Path], tmp_path: Path) -> None:
    model_folder("run/model")
    run = Run(tmp_path / "run")
    (run.folder / "config.yaml").write_text("processing: {max_length: 7}\n")
    run.complete({"mcc": 0.5})
    assert load_scorer(run.folder).max_length == 7


@pytest.mark.parametrize("status", ["pending", "running", "failed", "interrupted"])
def test_a_run_without_its_result_is_not_complete(
    model_folder: Callable[..., Path], tmp_path: Path, status: str
) -> None:
    model_folder("run/model")
    (tmp_path / "run" / "status.json").write_text(json.dumps({"status": status}))
    with pytest.raises(ModelError, match="is not complete") as caught:
        load_scorer(tmp_path / "run")
    assert "tail" in caught.value.hint


@pytest.mark.parametrize("name", ["./nope", "no/such/folder", "no pe", "", "/tmp/nope/model", "a--b", "here/nope"])
def test_what_cannot_be_on_the_hub_is_told_without_asking_it(name: str) -> None:
    Path("here").mkdir()
    with pytest.raises(ModelError, match=r"[Tt]here is no folder"):
        load_scorer(name)


def test_a_name_that_the_hub_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # read from the environment at import
    with pytest.raises(ModelError, match="the model 'owner/nope' cannot be loaded"):
        load_scorer("owner/nope")


def test_a_file_and_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="neither a run nor a model"):
        load_scorer(tmp_path)
    (tmp_path / "best.ckpt").write_text("")
    with pytest.raises(ModelError, match="is a file"):
        load_scorer(tmp_path / "best.ckpt")
    (tmp_path / "sweep.yaml").write_text("")
    with pytest.raises(ModelError, match="holds a sweep"):
        load_scorer(tmp_path)


def test_a_model_of_three_labels_and_one_of_none(
    model_folder: Callable[..., Path], capfd: pytest.CaptureFixture
) -> None:
    three = model_folder("three", id2label=dict(enumerate(["entailment", "neutral", "contradiction"])))
    base = model_folder("base", "BertModel")
    capfd.readouterr()
    with pytest.raises(ModelError, match="not two labels but 3: entailment, neutral, contradiction"):
        load_scorer(three)
    with pytest.raises(ModelError, match=r"not trained to classify: it has no weights classifier\.bias"):
        load_scorer(base)
    assert capfd.readouterr().err == ""


def test_a_model_that_diverged_is_told(model_folder: Callable[..., Path]) -> None:
    scorer = load_scorer(model_folder("diverged"))
    torch.nn.init.constant_(scorer.network.classifier.bias, torch.nan)
    with pytest.raises(ModelError, match=r"diverged' answers with NaN or infinity"):
        scorer.probabilities(SENTENCES)


@pytest.mark.parametrize(
    ("precision", "reduced"),
    [("bf16", torch.bfloat16), ("bf16-mixed", torch.bfloat16), ("16", torch.float16), ("bf16-true", None)],
)
def test_lightnings_short_names_mean_the_mixed_precisions(
    model_folder: Callable[..., Path], precision: str, reduced: torch.dtype | None
) -> None:
    assert load_scorer(model_folder(), precision=precision).reduced == reduced


def test_weights_cut_off(model_folder: Callable[..., Path]) -> None:
    weights = model_folder() / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_scorer(weights.parent)


class Harmful:
    """What a pickle may do: here it makes a folder."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.mkdir, (Path("harm"),)


def test_a_pickle_may_not_run_code(model_folder: Callable[..., Path]) -> None:
    folder = model_folder()
    (folder / "model.safetensors").unlink()
    torch.save({"classifier.bias": Harmful()}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_scorer(folder)
    assert not Path("harm").exists()


def test_code_of_a_repository_is_never_run(model_folder: Callable[..., Path]) -> None:
    folder = model_folder()
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text("import pathlib; pathlib.Path('harm').mkdir()\n")
    with pytest.raises(ModelError, match="custom code"):
        load_scorer(folder)
    assert not Path("harm").exists()
