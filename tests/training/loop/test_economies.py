"""A run with every economy, seen from its end: what it exports is the library's model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
)

from colactl.training.checkpoints import files as checkpoint_files
from colactl.training.checkpoints.files import ECONOMIES, newest
from colactl.training.data.tokenization import learn_tokenizer
from colactl.training.loop.fit import fit
from colactl.training.network import attention
from colactl.training.network.dropout import CheapDropout
from colactl.training.network.economies import NAMES
from colactl.training.network.embeddings import RowsInUse
from colactl.training.network.transformers_port import _WholeSentence
from colactl.training.records.throughput import Throughput

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


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


def break_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_, **__):
        raise AttributeError("gone")

    for owner, name in ((_WholeSentence, "update"), (attention, "attend"), (CheapDropout, "forward")):
        monkeypatch.setattr(owner, name, fail)
    monkeypatch.setattr(RowsInUse, "forward", lambda self, ids: self.weight[self.row[ids]] * 1.01)
    forward = BertModel.forward

    def needs_a_mask(self, input_ids=None, attention_mask=None, **kwargs):
        return forward(self, input_ids=input_ids, attention_mask=attention_mask.bool(), **kwargs)

    monkeypatch.setattr(BertModel, "forward", needs_a_mask)


def test_with_all_of_them_broken_a_run_ends_as_without_them(
    tiny_config, tiny_splits, tmp_path: Path, bert: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    folders = {name: tmp_path / name for name in ("none", "broken")}
    for name, folder in folders.items():
        folder.mkdir()
        setting = "none" if name == "none" else "auto"
        config = tiny_config(model__name=str(bert), training__threads=1, training__economies=setting)
        if name == "broken":
            break_all(monkeypatch)
        assert fit(config, tiny_splits, folder)["economies"] == []
        log, stderr = (folder / "train.log").read_text(), capfd.readouterr().err
        for economy in NAMES:
            line = f"The run trains without the economy {economy}: "
            assert [log.count(line), stderr.count(line)] == [int(name == "broken")] * 2
    none, broken = map(last_weights, folders.values())
    assert none.keys() == broken.keys()
    assert all(torch.equal(tensor, broken[name]) for name, tensor in none.items())


def test_a_resumed_run_keeps_its_economies_or_says_that_bits_differ(
    tiny_config, tiny_splits, tmp_path: Path, bert: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    class Killed(BaseException):
        pass

    def killed(self, *_):
        if self.steps == 3:
            raise Killed

    def start(folder: Path):
        folder.mkdir()
        every = {"callbacks__checkpoint__every_n_steps": 2, "training__threads": 1}
        config = tiny_config(model__name=str(bert), **every)
        count = Throughput.count
        with monkeypatch.context() as patch:
            patch.setattr(Throughput, "count", lambda self, *rest: (count(self, *rest), killed(self)))
            with pytest.raises(Killed):
                fit(config, tiny_splits, folder)
        capfd.readouterr()
        return config

    with monkeypatch.context() as patch:  # the first part of the run has no economy of attention
        patch.setattr(attention, "attend", None)
        config = start(tmp_path / "some")
    some = [name for name in NAMES if name != "attention"]
    assert newest(tmp_path / "some" / "checkpoints").economies == tuple(some)
    assert fit(config, tiny_splits, tmp_path / "some", resume=True)["economies"] == some
    assert "econom" not in capfd.readouterr().err

    results = {}
    for name, owner, attribute in (
        ("", RowsInUse, ""),
        ("attention", attention, "attend"),
        ("rows_in_use", RowsInUse, "forward"),
    ):
        config = start(tmp_path / f"killed-{name}")
        with monkeypatch.context() as patch:
            if name:
                patch.setattr(owner, attribute, None)
            results[name] = fit(config, tiny_splits, tmp_path / f"killed-{name}", resume=True)
        assert results[name]["economies"] == [each for each in NAMES if each != name]
        said = f"The run had the economies {name}, so its bits differ from those of a run without a break."
        assert capfd.readouterr().err.count(said) == bool(name)
        assert results[name]["loss"] == pytest.approx(results[""]["loss"], abs=1e-3)
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "killed-rows_in_use" / "model")
    before = AutoModelForSequenceClassification.from_pretrained(bert).get_input_embeddings().weight
    assert model.get_input_embeddings().weight.shape == before.shape


def test_a_checkpoint_of_0_1_0_does_not_say_which_there_were(
    tiny_config, tiny_splits, tmp_path: Path, bert: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    config = tiny_config(model__name=str(bert), training__threads=1, training__max_epochs=2)
    fit(config, tiny_splits, tmp_path)
    path = tmp_path / "checkpoints" / "last.ckpt"
    content = checkpoint_files.read(path)
    del content[ECONOMIES]
    torch.save(content, path)
    assert newest(path.parent).economies is None
    content = path.read_bytes()
    assert fit(config, tiny_splits, tmp_path, resume=True)["economies"] == list(NAMES)
    assert "bits differ" not in capfd.readouterr().err

    path.write_bytes(content)
    monkeypatch.setattr(attention, "attend", None)
    assert fit(config, tiny_splits, tmp_path, resume=True)["economies"] == [n for n in NAMES if n != "attention"]
    assert "The run had the economies attention, so its bits differ" in capfd.readouterr().err
