from __future__ import annotations

from colactl.training.tokenization import learn_tokenizer

SENTENCES = ["The boy sleeps.", "The girls sleep.", "The boy saw the girls."] * 3


def test_learning_is_deterministic_and_blind_to_order():
    first, second = learn_tokenizer(SENTENCES, 200, 16), learn_tokenizer(SENTENCES[::-1], 200, 16)
    assert first.get_vocab() == second.get_vocab()
    assert len(first) <= 200


def test_a_sentence_is_lower_cased_between_cls_and_sep():
    tokenizer = learn_tokenizer(SENTENCES, 200, 16)
    assert tokenizer.convert_ids_to_tokens(tokenizer("THE boy")["input_ids"]) == ["[CLS]", "the", "boy", "[SEP]"]
    assert tokenizer.pad_token_id == 0
    assert tokenizer.model_max_length == 16
