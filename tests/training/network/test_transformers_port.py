"""What colactl uses of transformers that is not public; each test has the name of what it is about."""

from __future__ import annotations

import inspect

import pytest
import torch

from colactl.training.network import transformers_port
from tests.training.networks import ARCHITECTURES, FIRST_TOKEN, IDS, MASK, build, logits


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_attention_of(attention: str) -> None:
    network = build("bert")
    network.set_attn_implementation(attention)
    assert transformers_port.attention_of(network) == attention


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_reads_first_token(model_type: str) -> None:
    network = build(model_type, dropout=False)
    assert transformers_port.reads_first_token(network) == (model_type in FIRST_TOKEN)
    if model_type in FIRST_TOKEN:  # whatever becomes of the other tokens after the last layer
        before = logits(network)
        network.base_model.encoder.layer[-1].register_forward_hook(lambda _, __, output: _without_others(output))
        torch.testing.assert_close(logits(network), before)


def _without_others(hidden_states: torch.Tensor) -> torch.Tensor:
    changed = torch.zeros_like(hidden_states)
    changed[:, 0] = hidden_states[:, 0]
    return changed


@pytest.mark.parametrize("mask", [MASK, None], ids=["masked", "unmasked"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("model_type", FIRST_TOKEN)
def test_compute_first_token_only(model_type: str, attention: str, mask: torch.Tensor | None) -> None:
    network, queries = build(model_type, dropout=False), []
    network.set_attn_implementation(attention)
    before = logits(network, mask)
    network.base_model.encoder.layer[-1].attention.self.query.register_forward_hook(
        lambda _, args, __: queries.append(args[0].shape[1])
    )
    undo = transformers_port.compute_first_token_only(network)
    torch.testing.assert_close(logits(network, mask), before)
    undo()
    logits(network, mask)
    assert queries == [1, IDS.shape[1]]


def test_a_layer_takes_a_cache_by_one_name_that_is_known() -> None:
    layer = build("bert").base_model.encoder.layer[-1]
    names = set(transformers_port.CACHES) & inspect.signature(layer.forward).parameters.keys()
    assert len(names) == 1
