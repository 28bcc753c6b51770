"""What is broken in an economy, or in the library under it, is left out of the run; the rest stays."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BartConfig, BartForSequenceClassification, PreTrainedModel
from transformers.models.bert import modeling_bert

from colactl.training.data.batches import Sentences
from colactl.training.network import attention, dropout
from colactl.training.network.dropout import CheapDropout
from colactl.training.network.economies import NAMES, Economies
from colactl.training.network.embeddings import RowsInUse
from colactl.training.network.proof import Precision, settle_economies
from tests.training.networks import ARCHITECTURES, DROPPING, FIRST_TOKEN, build

PRECISIONS = {
    "32-true": Precision(),
    "bf16-mixed": Precision("bf16-mixed", lambda: torch.autocast("cpu", torch.bfloat16)),
    "bf16-true": Precision("bf16-true", convert=lambda network: network.bfloat16()),
}
OF_BERT = list(NAMES)  # all of them apply to BERT
Break = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(4, 14, (100,), generator=generator).tolist()
    ids = [torch.randint(5, 60, (length,), generator=generator) for length in lengths]
    return Sentences(ids, [index % 2 for index in range(100)], padding=3)


def settle(
    network: PreTrainedModel, sentences: Sentences, precision: str = "32-true", **options
) -> tuple[list[str], dict[str, str]]:
    economies = Economies(network, sentences.table)
    reasons = settle_economies(network, sentences, economies, NAMES, PRECISIONS[precision], **options)
    return economies.in_force, reasons


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_all_that_apply_are_in_force(model_type: str, precision: str, sentences: Sentences) -> None:
    first_token = ["first_token", "attention"] * (model_type in FIRST_TOKEN)
    expected = ["no_mask", *first_token, *["dropout"] * (model_type in DROPPING), "rows_in_use"]
    assert settle(build(model_type, vocab_size=200), sentences, precision) == (expected, {})


def test_weights_buffers_gradients_and_random_states_are_left_as_they_were(sentences: Sentences) -> None:
    network = build("bert", vocab_size=200)
    network.register_buffer("calls", torch.zeros(1))
    network.base_model.register_forward_hook(lambda *_: network.calls.add_(1) and None)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    economies = Economies(network, sentences.table)
    settle_economies(network, sentences, economies, NAMES, PRECISIONS["bf16-mixed"])
    assert torch.equal(torch.get_rng_state(), states[2])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states[:2]
    assert all(module.training for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    economies.clear()
    assert network.state_dict().keys() == before.keys()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As transformers 5.24 did with another name, but it takes what it does not know."""
    forward = modeling_bert.BertLayer.forward

    def under_another_name(self, hidden_states, attention_mask=None, *rest, memory=None, **kwargs):
        return forward(self, hidden_states, attention_mask)

    monkeypatch.setattr(modeling_bert.BertLayer, "forward", under_another_name)


def ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument is there, and means nothing any more: the last layer would see the first token alone."""
    forward = modeling_bert.BertLayer.forward

    def heedless(self, hidden_states, attention_mask=None, *rest, cache=None, past_key_values=None, **kwargs):
        if attention_mask is not None and attention_mask.shape[-1] != hidden_states.shape[1]:
            attention_mask = attention_mask[..., : hidden_states.shape[1]]
        return forward(self, hidden_states, attention_mask)

    monkeypatch.setattr(modeling_bert.BertLayer, "forward", heedless)


def scaled_by_one_percent(owner: object, name: str) -> Break:
    def break_it(monkeypatch: pytest.MonkeyPatch) -> None:
        whole = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *args, **kwargs: _scaled(whole(*args, **kwargs)))

    return break_it


def _scaled(output):
    return (output[0] * 1.01, *output[1:]) if isinstance(output, tuple) else output * 1.01


def raising(owner: object, name: str) -> Break:
    def fail(*_, **__):
        raise NotImplementedError("no such thing any more")

    return lambda monkeypatch: monkeypatch.setattr(owner, name, fail)


def keys_off_by_one_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    from colactl.training.network.transformers_port import _WholeSentence

    update = _WholeSentence.update

    def off(self, *args, **kwargs):
        return tuple(1.01 * part for part in update(self, *args, **kwargs))

    monkeypatch.setattr(_WholeSentence, "update", off)


def mask_of_none_off_by_one_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = modeling_bert.BertPooler.forward
    calls = []
    model_forward = modeling_bert.BertModel.forward

    def noted(self, *args, **kwargs):
        calls.append(kwargs.get("attention_mask"))
        return model_forward(self, *args, **kwargs)

    monkeypatch.setattr(modeling_bert.BertModel, "forward", noted)
    monkeypatch.setattr(
        modeling_bert.BertPooler,
        "forward",
        lambda self, hidden: forward(self, hidden * (1.01 if calls[-1] is None else 1.0)),
    )


def keeps_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is wrong by a hundredth of it, the scale is right."""
    real = CheapDropout.forward

    def kept(self, tensor):
        if not self.training or not self.p:
            return real(self, tensor)
        return dropout.cheap_dropout(tensor, self.p - 0.01 * (1 - self.p))

    monkeypatch.setattr(CheapDropout, "forward", kept)


def drops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CheapDropout, "forward", lambda _, tensor: tensor)


def attention_drops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "cheap_dropout", lambda tensor, _: tensor)


def set_attention_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(attention.AttentionInterface, "register")(monkeypatch)


BROKEN: dict[str, tuple[Break, set[str], str]] = {
    "an argument is renamed": (renamed, {"first_token"}, "takes neither cache nor past_key_values"),
    "an argument is ignored": (ignored, {"first_token"}, "its logits differ"),
    "keys of the last layer": (keys_off_by_one_percent, {"first_token"}, "differ from the library's by"),
    "attention": (scaled_by_one_percent(attention, "attend"), {"attention"}, "differ from the library's by"),
    "embeddings": (scaled_by_one_percent(RowsInUse, "forward"), {"rows_in_use"}, "differ from the library's by"),
    "dropout": (scaled_by_one_percent(CheapDropout, "forward"), {"dropout"}, "differ from the library's by"),
    "no mask": (mask_of_none_off_by_one_percent, {"no_mask"}, "differ from the library's by"),
    "keep rate": (keeps_too_much, {"dropout"}, "it drops with"),
    "dropout drops nothing": (drops_nothing, {"dropout"}, "it drops with"),
    "attention drops nothing": (attention_drops_nothing, {"attention"}, "it drops with"),
    "attention is not registered": (set_attention_fails, {"attention"}, "raises NotImplementedError: no such thing"),
    "attention raises": (raising(attention, "attend"), {"attention"}, "raises NotImplementedError"),
    "embeddings raise": (raising(RowsInUse, "forward"), {"rows_in_use"}, "raises NotImplementedError"),
    "dropout raises": (raising(CheapDropout, "forward"), {"dropout"}, "raises NotImplementedError"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_one_that_is_broken_is_left_out(case: str, sentences: Sentences, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it, names, words = BROKEN[case]
    break_it(monkeypatch)
    in_force, reasons = settle(build("bert", vocab_size=200), sentences)
    assert reasons.keys() == names
    assert in_force == [name for name in OF_BERT if name not in names]
    assert all(words in reason for reason in reasons.values())


@pytest.mark.parametrize(
    ("rate", "scale", "words"),
    [(1.01, 1.0, "its dropout keeps 0.8"), (1.0, 1.01, "its dropout scales by 1.0100 of what")],
)
def test_a_wrong_rate_or_scale_of_the_random_numbers(
    rate: float, scale: float, words: str, sentences: Sentences, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both the modules and the attention draw by it.
    real = dropout.nn.functional.dropout

    def wrong(tensor: torch.Tensor, p: float) -> torch.Tensor:
        if torch.overrides.has_torch_function_unary(tensor):
            return torch.overrides.handle_torch_function(wrong, (tensor,), tensor, p)
        dropped = min(1.0, 1 - (1 - p) / rate)
        return real(tensor, dropped) * (1 - dropped) / (1 - p) * scale

    for module in (dropout, attention):
        monkeypatch.setattr(module, "cheap_dropout", wrong)
    monkeypatch.setattr("colactl.training.network.dropout.cheap_dropout", wrong)
    in_force, reasons = settle(build("bert", vocab_size=200), sentences)
    assert reasons.keys() == {"attention", "dropout"}
    assert in_force == ["no_mask", "first_token", "rows_in_use"]
    assert all(words in reason for reason in reasons.values())


def test_right_alone_and_wrong_together(sentences: Sentences, monkeypatch: pytest.MonkeyPatch) -> None:
    forward = RowsInUse.forward

    def jealous(self, ids):
        return forward(self, ids) * (1.01 if isinstance(network.bert.embeddings.dropout, CheapDropout) else 1.0)

    network = build("bert", vocab_size=200)
    monkeypatch.setattr(RowsInUse, "forward", jealous)
    in_force, reasons = settle(network, sentences)
    assert in_force == []
    assert all(reason.startswith("together with others, its ") for reason in reasons.values())


def test_a_network_of_the_library_that_fails_has_no_economies(
    sentences: Sentences, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(modeling_bert.BertModel, "forward")(monkeypatch)
    in_force, reasons = settle(build("bert", vocab_size=200), sentences)
    assert in_force == []
    assert set(reasons.values()) == {"the library's network cannot be tried: no such thing any more"}


def test_what_another_process_leaves_out_is_left_out_in_all(sentences: Sentences) -> None:
    other = {"attention": "its logits differ there"}
    in_force, reasons = settle(build("bert", vocab_size=200), sentences, gather=lambda reasons: [reasons, other])
    assert reasons == other
    assert in_force == [name for name in OF_BERT if name != "attention"]


def test_a_head_of_zeros(sentences: Sentences) -> None:
    network = build("bert", vocab_size=200)
    nn.init.zeros_(network.classifier.weight)
    nn.init.zeros_(network.classifier.bias)
    assert settle(network, sentences) == (OF_BERT, {})


@pytest.mark.parametrize("count", [1, 3])
def test_few_sentences_of_one_length(count: int) -> None:
    sentences = Sentences([[4, 5, 6, 7]] * count, [0] * count, padding=3)
    assert settle(build("bert", vocab_size=200), sentences) == (OF_BERT, {})


def test_an_encoder_and_decoder_that_share_their_embeddings() -> None:
    size = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    size |= {"d_model": 16, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    torch.manual_seed(0)
    config = BartConfig(vocab_size=200, pad_token_id=3, eos_token_id=2, **size)
    network = BartForSequenceClassification(config).train()
    sentences = Sentences([[5 + index, *range(6, 6 + index), 2] for index in range(9)], [0] * 9, padding=3)
    in_force, reasons = settle(network, sentences)
    assert reasons == {}
    assert in_force == ["no_mask", "dropout"]  # the embeddings belong to both
