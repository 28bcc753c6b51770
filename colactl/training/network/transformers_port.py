"""The one place that touches parts of transformers which it does not document, in colactl's own terms.

What is used, and since when it is so, stands beside each use. Nothing here is needed to train: each serves an economy
that proves itself when a run starts (`colactl.training.network.proof`), and is left out where the library has changed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel

# Their classifiers read the first position alone, their attention goes both ways, and their layers take a cache of keys
# and values.
FIRST_TOKEN_MODELS = ("bert", "camembert", "electra", "roberta", "xlm-roberta")
CACHES = ("cache", "past_key_values")  # the argument's name since 5.24, and before


def attention_of(network: PreTrainedModel) -> str:
    """The name of the attention that a network takes, such as sdpa.

    It needs the config's property `_attn_implementation` (since 4.48): `set_attn_implementation` is public, and a way
    to read what it set is not. Without it the economies that depend on the attention are left out.
    """
    return str(network.config._attn_implementation)


def reads_first_token(network: PreTrainedModel) -> bool:
    """Whether a classifier is known to read the first token of its last layer alone, and to attend both ways."""
    return network.config.model_type in FIRST_TOKEN_MODELS and not network.config.is_decoder


def compute_first_token_only(network: PreTrainedModel) -> Callable[[], None]:
    """Makes the last layer compute its first token alone.

    The layer gets that token as its input, and the whole sentence's keys and values as if from a cache. It needs the
    layers as `encoder.layer`, `attention.self.key` and `.value` in each, the hidden states and the mask as a layer's
    first two arguments, and a cache by one of the names in `CACHES` (since 5.0; no layer may be given parts of a
    sentence by a public way). The attention must take a mask with a row for each query, as eager and sdpa do.

    Args:
        network: One that `reads_first_token`.

    Returns:
        What makes it compute the whole layer again.

    Raises:
        LookupError: The layer takes no cache by a name that is known.
    """
    layer = network.base_model.get_submodule("encoder.layer")[-1]  # type: ignore[index]  # a ModuleList
    parameters = inspect.signature(layer.forward).parameters
    name = next((name for name in CACHES if name in parameters), None)
    if name is None:
        raise LookupError(f"{type(layer).__name__} takes neither {' nor '.join(CACHES)}")

    def first_token(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hidden_states, mask, *rest = args
        mask = None if mask is None else mask[:, :, :1]
        cache = _WholeSentence(layer.attention.self, hidden_states)
        return (hidden_states[:, :1], mask, *rest), {**kwargs, name: cache}

    handle: RemovableHandle = layer.register_forward_pre_hook(first_token, with_kwargs=True)
    return handle.remove


class _WholeSentence:
    """Stands where a layer looks for the keys and values of earlier tokens, and has those of the whole sentence."""

    def __init__(self, attention: nn.Module, hidden_states: Tensor) -> None:
        self.attention, self.hidden_states = attention, hidden_states

    def update(self, key: Tensor, value: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """The keys and values, each of shape (batch, heads, tokens, head size)."""
        return self._heads("key", key), self._heads("value", value)

    def _heads(self, name: str, first: Tensor) -> Tensor:
        projected: Tensor = self.attention.get_submodule(name)(self.hidden_states)
        return projected.view(*projected.shape[:2], first.shape[1], first.shape[3]).transpose(1, 2)
