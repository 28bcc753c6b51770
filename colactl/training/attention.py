"""Attention with dropout for short sentences on a processor, at about half the cost of the library's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

NAME = "colactl"  # under which `transformers` knows it


def attend_with_dropout(network: PreTrainedModel, dropout: type[nn.Dropout]) -> None:
    """Makes a network whose attention goes both ways use plain matrix products while it is trained.

    With dropout, torch's fused attention has no kernel for a processor and takes a general path, which costs a BERT of
    six layers a seventh of its training step. In evaluation, without dropout and on other devices the library's stays.

    Args:
        network: Takes PyTorch's attention, and only masks padding.
        dropout: Makes the masks.
    """
    library = ALL_ATTENTION_FUNCTIONS["sdpa"]
    masks: dict[float, nn.Dropout] = {}

    def attend(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
    ) -> tuple[Tensor, None]:
        """Each of query, key and value has the shape (batch, heads, tokens, head size)."""
        share = options.get("dropout", 0.0)
        if not module.training or not share or query.device.type != "cpu":
            found: tuple[Tensor, None] = library(module, query, key, value, attention_mask, **options)
            return found
        scores = torch.matmul(query * (options.get("scaling") or query.shape[-1] ** -0.5), key.transpose(2, 3))
        if attention_mask is not None:
            scores = scores.masked_fill(~attention_mask, torch.finfo(scores.dtype).min)
        weights = masks.setdefault(share, dropout(share))(scores.softmax(dim=-1))
        return torch.matmul(weights, value).transpose(1, 2).contiguous(), None

    ALL_ATTENTION_FUNCTIONS.register(NAME, attend)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, sdpa_mask)
    network.config._attn_implementation = NAME
