"""The library's own models are the reference: what an economy leaves out must not be missed."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from colactl.training.economies import CheaperDropout, cheaper_dropout, economize, last_layer_for_first_token
from colactl.training.embeddings import RowsInUse, restore_embeddings, train_rows_in_use

SIZE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
ARCHITECTURES = {
    "bert": SIZE,
    "roberta": SIZE,
    "electra": {**SIZE, "embedding_size": 8},
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 16},
    "deberta-v2": {**SIZE, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "max_relative_positions": 16},
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2},
    "modernbert": {**SIZE, "cls_token_id": 1, "sep_token_id": 2, "bos_token_id": 1, "eos_token_id": 2},
}
FIRST_TOKEN = ("bert", "roberta", "electra")
IDS = torch.tensor([[4, 17, 33, 9, 5], [4, 21, 33, 5, 3], [4, 50, 5, 3, 3]])  # 3 is the padding
MASK = (IDS != 3).long()
LABELS = torch.tensor([0, 1, 1])


def build(model_type: str, dropout: bool = False) -> PreTrainedModel:
    torch.manual_seed(0)
    config = AutoConfig.for_model(model_type, vocab_size=60, pad_token_id=3, **ARCHITECTURES[model_type])
    network = AutoModelForSequenceClassification.from_config(config)
    for module in network.modules():
        if isinstance(module, nn.Dropout) and not dropout:
            module.p = 0.0
        if isinstance(module, nn.LayerNorm):  # random, so that what passes a norm is told from what does not
            nn.init.normal_(module.weight)
    return network.train(dropout)


def logits(network: PreTrainedModel, mask: torch.Tensor | None) -> torch.Tensor:
    return network(input_ids=IDS, attention_mask=mask).logits


def gradients(network: PreTrainedModel, mask: torch.Tensor | None) -> dict[str, torch.Tensor]:
    network.zero_grad()
    cross_entropy(logits(network, mask), LABELS).backward()
    return {name: parameter.grad for name, parameter in network.named_parameters() if parameter.grad is not None}


@pytest.mark.parametrize("mask", [MASK, None], ids=["masked", "unmasked"])
@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_logits_and_gradients_are_those_of_the_library(model_type: str, mask: torch.Tensor | None) -> None:
    library = build(model_type)
    ours = copy.deepcopy(library)
    economize(ours)
    torch.testing.assert_close(logits(ours, mask), logits(library, mask), atol=1e-6, rtol=1e-5)
    expected, got = gradients(library, mask), gradients(ours, mask)
    assert got.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(got[name], expected[name], atol=1e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_the_last_layer_sees_one_token_where_the_classifier_reads_one(model_type: str) -> None:
    network, widths = build(model_type), []
    linear = [module for module in network.base_model.modules() if isinstance(module, nn.Linear)]
    for module in linear:
        module.register_forward_hook(lambda _, args, __: widths.append(args[0].shape[1]))
    last_layer_for_first_token(network)
    logits(network, MASK)
    assert (1 in widths) == (model_type in FIRST_TOKEN)


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_rows_in_use_train_as_in_the_whole_embedding(model_type: str) -> None:
    library = build(model_type)
    ours = copy.deepcopy(library)
    train_rows_in_use(ours, IDS)
    assert isinstance(ours.get_input_embeddings(), RowsInUse)
    for network in (library, ours):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        gradients(network, MASK)
        norm = nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if network is library:
            expected = norm
    torch.testing.assert_close(norm, expected)
    restore_embeddings(ours)
    assert ours.state_dict().keys() == library.state_dict().keys()
    for name, tensor in library.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], tensor, msg=name)


def test_an_id_that_was_not_announced_is_an_error() -> None:
    network = build("bert")
    train_rows_in_use(network, IDS)
    with pytest.raises(IndexError):
        network(torch.tensor([[4, 18, 5]]))


def test_a_small_vocabulary_and_tied_embeddings_are_left_alone() -> None:
    network = build("bert")
    train_rows_in_use(network, torch.arange(60))
    assert type(network.get_input_embeddings()) is nn.Embedding
    network.lm_head = nn.Linear(16, 60)
    network.lm_head.weight = network.get_input_embeddings().weight
    train_rows_in_use(network, IDS)
    assert type(network.get_input_embeddings()) is nn.Embedding


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_cheaper_dropout_drops_at_its_rate_and_keeps_the_mean(dtype: torch.dtype) -> None:
    dropout, ones = CheaperDropout(0.1), torch.ones(1001, 999, dtype=dtype, requires_grad=True)
    torch.manual_seed(0)
    out = dropout(ones)
    assert (out.dtype, out.shape) == (dtype, ones.shape)
    dropped = out == 0
    # 1,000,000 draws at 0.1: six standard deviations are 0.0018. The same for neighbours, which share a random number.
    assert abs(dropped.float().mean().item() - 0.1) < 0.0018
    assert abs((dropped[:, 1:] & dropped[:, :-1]).float().mean().item() - 0.01) < 0.0006
    assert out[~dropped].float().unique().tolist() == pytest.approx(
        [1 / 0.9], rel=1e-5 if dtype.itemsize == 4 else 4e-3
    )
    out.sum().backward()
    assert torch.equal(ones.grad, out)
    torch.manual_seed(0)
    assert torch.equal(dropout(ones), out)
    assert not torch.equal(dropout(ones), out)
    assert dropout.eval()(ones) is ones


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_dropout_of_nothing_and_of_everything(p: float) -> None:
    assert CheaperDropout(p)(torch.ones(3)).tolist() == [1 - p] * 3


def test_dropout_modules_are_replaced_as_they_are() -> None:
    network = nn.Sequential(nn.Dropout(0.3), nn.Sequential(nn.Dropout(0.2)), nn.AlphaDropout(0.1)).eval()
    cheaper_dropout(network)
    kinds = [(type(module), module.p) for module in network.modules() if hasattr(module, "p")]
    assert kinds == [(CheaperDropout, 0.3), (CheaperDropout, 0.2), (nn.AlphaDropout, 0.1)]
    assert not any(module.training for module in network.modules())


@pytest.mark.parametrize("mask", [MASK, None], ids=["masked", "unmasked"])
@pytest.mark.parametrize("model_type", FIRST_TOKEN)
def test_attention_in_training_is_the_librarys(model_type: str, mask: torch.Tensor | None) -> None:
    library = build(model_type).train()
    ours = copy.deepcopy(library)
    economize(ours)
    for name, module in ours.named_modules():
        if name.endswith("attention.self.dropout"):
            module.p = 1e-9  # drops nothing, but takes the path of training
    torch.testing.assert_close(logits(ours, mask), logits(library, mask), atol=1e-6, rtol=1e-5)
    expected, got = gradients(library, mask), gradients(ours, mask)
    for name in expected:
        torch.testing.assert_close(got[name], expected[name], atol=1e-6, rtol=1e-4, msg=name)


def test_attention_drops_weights_in_training_only() -> None:
    network = build("bert", dropout=True)
    economize(network)
    assert not torch.equal(logits(network, None), logits(network, None))
    network.eval()
    assert torch.equal(logits(network, None), logits(network, None))
