"""Work that a training step can leave out: the same mathematics in the library's own layers, for less."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from colactl.training.attention import attend_with_dropout

# Their classifiers read the first position alone, and their layers take a cache of keys and values.
FIRST_TOKEN_MODELS = ("bert", "camembert", "electra", "roberta", "xlm-roberta")
LEVELS = 2**16  # of a random number of 16 bits
BFLOAT16_ONE = 0x3F80  # the bits of 1.0


def economize(network: PreTrainedModel) -> None:
    """Spares a sequence classifier the work that does not reach its logits, and expensive random numbers."""
    last_layer_for_first_token(network)
    if _is_known(network.config) and network.config._attn_implementation == "sdpa":
        attend_with_dropout(network, CheaperDropout)
    cheaper_dropout(network)


def _is_known(config: Any) -> bool:
    return config.model_type in FIRST_TOKEN_MODELS and not config.is_decoder


class _WholeSentence:
    """Stands where a layer looks for the keys and values of earlier tokens, and has those of the whole sentence."""

    def __init__(self, attention: nn.Module, hidden_states: Tensor) -> None:
        self.attention, self.hidden_states = attention, hidden_states

    def update(self, key: Tensor, value: Tensor, _: int) -> tuple[Tensor, Tensor]:
        """The keys and values, each of shape (batch, heads, tokens, head size)."""
        return self._heads("key", key), self._heads("value", value)

    def _heads(self, name: str, first: Tensor) -> Tensor:
        projected: Tensor = self.attention.get_submodule(name)(self.hidden_states)
        return projected.view(*projected.shape[:2], first.shape[1], first.shape[3]).transpose(1, 2)


def last_layer_for_first_token(network: PreTrainedModel) -> None:
    """Computes the last layer for the first token alone, where the classifier reads no other.

    The layer gets that token as its input, and the whole sentence's keys and values as if from a cache. Its logits and
    gradients are those of the whole layer. Architectures that are not known to allow it are left as they are.
    """
    config = network.config
    if not _is_known(config) or config._attn_implementation not in (
        "eager",
        "sdpa",
    ):  # whose masks have a row for each query
        return
    layers = network.base_model.get_submodule("encoder.layer")
    assert isinstance(layers, nn.ModuleList)
    layers[-1].register_forward_pre_hook(_first_token, with_kwargs=True)


def _first_token(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    hidden_states, mask, *rest = args
    mask = None if mask is None else mask[:, :, :1]
    cache = _WholeSentence(layer.attention.self, hidden_states)
    return (hidden_states[:, :1], mask, *rest), {**kwargs, "past_key_values": cache}


class CheaperDropout(nn.Dropout):
    """Dropout that takes four masks from one random number, on a processor in an eighth of the time for a mask.

    It draws from torch's own generator, so it is repeatable as dropout is. `p` is rounded to 1/65536, and the scale is
    that of the rounded one, in the input's type as dropout has it.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # the name that nn.Dropout gives it
        """What dropout gives, of the same shape and type."""
        kept = LEVELS - round(self.p * LEVELS)
        if not self.training or input.device.type != "cpu" or not 0 < kept < LEVELS:
            return super().forward(input)
        drawn = torch.empty(-(-input.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        mask = drawn.view(torch.int16)[: input.numel()].lt_(kept - LEVELS // 2)  # in place it stays 16 bits: no copy
        noise = mask.mul_(BFLOAT16_ONE).view(torch.bfloat16).view(input.shape).to(input.dtype)
        return input * noise.mul_(LEVELS / kept)  # one product for the gradient to go back through


def cheaper_dropout(network: nn.Module) -> None:
    """Puts `CheaperDropout` where a network has plain dropout."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, CheaperDropout(child.p).train(child.training))
