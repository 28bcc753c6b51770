from __future__ import annotations

from pathlib import Path

from colactl.training.data.tokenization import learn_tokenizer, tokenize

SENTENCES = ["The boy sleeps.", "The girls sleep.", "The boy saw the girls."] * 3


def test_learning_is_deterministic_and_blind_to_order() -> None:
    first = learn_tokenizer(SENTENCES, 200, 16)
    second = learn_tokenizer(SENTENCES[::-1], 200, 16)
    assert first.get_vocab() == second.get_vocab()
    assert len(first) <= 200


def test_a_sentence_is_lower_cased_between_cls_and_sep():
    tokenizer = learn_tokenizer(SENTENCES, 200, 16)
    assert tokenizer.convert_ids_to_tokens(tokenizer("THE boy")["input_ids"]) == ["[CLS]", "the", "boy", "[SEP]"]
    assert tokenizer.pad_token_id == 0
    assert tokenizer.model_max_length == 16


def test_a_tokenizer_is_saved_as_if_it_had_not_been_used(tmp_path: Path) -> None:
    tokenizer = learn_tokenizer(SENTENCES, 200, 16)
    tokenizer.save_pretrained(tmp_path / "unused")
    assert [len(ids) for ids in tokenize(SENTENCES[:2], tokenizer, 5)] == [5, 5]
    tokenizer.save_pretrained(tmp_path / "used")
    assert (tmp_path / "used/tokenizer.json").read_bytes() == (tmp_path / "unused/tokenizer.json").read_bytes()
