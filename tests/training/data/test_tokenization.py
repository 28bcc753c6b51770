from __future__ import annotations

import json
from pathlib import Path

import pytest

from colactl.training.data.tokenization import learn_tokenizer
from colactl.training.data.vocabulary import vocabulary

SENTENCES = ["The boy sleeps.", "The girls sleep.", "The boy saw the girls."] * 3


def test_learning_is_deterministic_and_blind_to_order(monkeypatch: pytest.MonkeyPatch) -> None:
    first = learn_tokenizer(SENTENCES, 200, 16)
    monkeypatch.setenv("COLACTL_CACHE", "another")  # or the second would be what was kept of the first
    second = learn_tokenizer(SENTENCES[::-1], 200, 16)
    assert first.get_vocab() == second.get_vocab()
    assert len(first) <= 200


def test_a_sentence_is_lower_cased_between_cls_and_sep():
    tokenizer = learn_tokenizer(SENTENCES, 200, 16)
    assert tokenizer.convert_ids_to_tokens(tokenizer("THE boy")["input_ids"]) == ["[CLS]", "the", "boy", "[SEP]"]
    assert tokenizer.pad_token_id == 0
    assert tokenizer.model_max_length == 16


def test_a_vocabulary_is_kept_and_a_damaged_one_learned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLACTL_CACHE", "cache")
    learned = vocabulary(SENTENCES, 200)
    (file,) = Path("cache/vocabularies").iterdir()
    kept = json.loads(file.read_text())
    kept["pieces"][7] += "x"
    with monkeypatch.context() as patch:
        patch.setattr("colactl.training.data.vocabulary._learned", lambda *_: pytest.fail("it was not kept"))
        assert vocabulary(SENTENCES[::-1], 200) == learned
    for damage in (json.dumps(kept), "", "[]"):
        file.write_text(damage)
        assert vocabulary(SENTENCES, 200) == learned
    assert vocabulary(SENTENCES, 201) is not None
    assert len(list(file.parent.iterdir())) == 2
