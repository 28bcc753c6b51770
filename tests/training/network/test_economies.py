"""The library's own models are the reference: what an economy leaves out must not be missed."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from colactl.training.network.dropout import CheapDropout
from colactl.training.network.economies import NAMES, Economies
from tests.training.networks import ARCHITECTURES, DROPPING, FIRST_TOKEN, IDS, MASK, build, gradients, logits

OF_ALL_ROWS = tuple(name for name in NAMES if name != "rows_in_use")


@pytest.mark.parametrize("mask", [MASK, None], ids=["masked", "unmasked"])
@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_logits_and_gradients_are_those_of_the_library(model_type: str, mask: torch.Tensor | None) -> None:
    library = build(model_type, dropout=False)
    ours = copy.deepcopy(library)
    Economies(ours, IDS).put(OF_ALL_ROWS)
    torch.testing.assert_close(logits(ours, mask), logits(library, mask), atol=1e-6, rtol=1e-5)
    expected, got = gradients(library, mask), gradients(ours, mask)
    assert got.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(got[name], expected[name], atol=1e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_each_is_in_force_where_it_applies(model_type: str) -> None:
    economies = Economies(build(model_type), IDS)
    economies.put(NAMES)
    first_token = ["first_token", "attention"] * (model_type in FIRST_TOKEN)
    assert economies.in_force == ["no_mask", *first_token, *["dropout"] * (model_type in DROPPING), "rows_in_use"]
    economies.put(["rows_in_use", "no_mask"])
    assert economies.in_force == ["no_mask", "rows_in_use"]


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_a_network_without_them_is_the_librarys_again(model_type: str) -> None:
    network = build(model_type)
    library, parameters = copy.deepcopy(network), dict(network.named_parameters())
    economies = Economies(network, IDS)
    economies.put(NAMES)
    economies.clear()
    assert {name: id(parameter) for name, parameter in network.named_parameters()} == {
        name: id(parameter) for name, parameter in parameters.items()
    }
    assert [type(module) for module in network.modules()] == [type(module) for module in library.modules()]
    for each in (torch.manual_seed(1), library, network)[1:]:
        torch.manual_seed(1)
        each.result = logits(each)
    assert torch.equal(network.result, library.result)


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_the_last_layer_sees_one_token_where_the_classifier_reads_one(model_type: str) -> None:
    network, widths = build(model_type), []
    linear = [module for module in network.base_model.modules() if isinstance(module, nn.Linear)]
    for module in linear:
        module.register_forward_hook(lambda _, args, __: widths.append(args[0].shape[1]))
    Economies(network, IDS).put(["first_token"])
    logits(network)
    assert (1 in widths) == (model_type in FIRST_TOKEN)


def test_a_batch_without_padding_gets_a_mask_unless_that_is_an_economy() -> None:
    network, masks = build("bert"), []
    economies = Economies(network, IDS)
    network.base_model.register_forward_pre_hook(
        lambda _, __, kwargs: masks.append(kwargs["attention_mask"]), with_kwargs=True
    )
    logits(network, None)
    economies.put(["no_mask"])
    logits(network, None)
    economies.clear()
    logits(network, None)
    logits(network, MASK)
    assert masks[1] is None
    assert masks[3] is MASK
    for mask in (masks[0], masks[2]):
        assert torch.equal(mask, torch.ones_like(IDS))


def test_dropout_modules_are_replaced_as_they_are() -> None:
    network = build("bert")
    network.classifier = nn.Sequential(nn.Dropout(0.3), nn.Sequential(nn.Dropout(0.2)), nn.AlphaDropout(0.1)).eval()
    Economies(network, IDS).put(["dropout"])
    kinds = [(type(module), module.p) for module in network.classifier.modules() if hasattr(module, "p")]
    assert kinds == [(CheapDropout, 0.3), (CheapDropout, 0.2), (nn.AlphaDropout, 0.1)]
    assert not any(module.training for module in network.classifier.modules())


def test_attention_drops_weights_in_training_only() -> None:
    network = build("bert")
    Economies(network, IDS).put(NAMES)
    assert not torch.equal(logits(network, None), logits(network, None))
    network.eval()
    assert torch.equal(logits(network, None), logits(network, None))
