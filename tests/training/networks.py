"""Small classifiers of every architecture, with random weights, and a few sentences for them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

SIZE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
ARCHITECTURES = {
    "bert": SIZE,
    "roberta": SIZE,
    "electra": {**SIZE, "embedding_size": 8},
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 16},
    "deberta-v2": {**SIZE, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "max_relative_positions": 16},
    "modernbert": {**SIZE, "cls_token_id": 1, "sep_token_id": 2, "bos_token_id": 1, "eos_token_id": 2},
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "bos_token_id": 1, "eos_token_id": 2},
    "llama": {**SIZE, "num_key_value_heads": 1},
}
FIRST_TOKEN = ("bert", "roberta", "electra")  # those whose classifier reads the first token
DROPPING = tuple(name for name in ARCHITECTURES if name != "llama")  # those with modules that drop
IDS = torch.tensor([[4, 17, 33, 9, 5], [4, 21, 33, 5, 3], [4, 50, 5, 3, 3]])  # 3 is the padding
MASK = (IDS != 3).long()
LABELS = torch.tensor([0, 1, 1])


def build(model_type: str, dropout: bool = True, vocab_size: int = 60, padding: int = 3) -> PreTrainedModel:
    """A network in training mode; without dropout, its modules drop so little that none ever does."""
    torch.manual_seed(0)
    config = AutoConfig.for_model(model_type, vocab_size=vocab_size, pad_token_id=padding, **ARCHITECTURES[model_type])
    network = AutoModelForSequenceClassification.from_config(config)
    for module in network.modules():
        if isinstance(module, nn.Dropout) and not dropout:
            module.p = 1e-38 if module.p else 0.0
        if isinstance(module, nn.LayerNorm):  # random, so that what passes a norm is told from what does not
            nn.init.normal_(module.weight)
    return network.train()


def logits(network: PreTrainedModel, mask: torch.Tensor | None = MASK) -> torch.Tensor:
    return network(input_ids=IDS, attention_mask=mask).logits


def gradients(network: PreTrainedModel, mask: torch.Tensor | None = MASK) -> dict[str, torch.Tensor]:
    network.zero_grad()
    cross_entropy(logits(network, mask), LABELS).backward()
    return {name: parameter.grad for name, parameter in network.named_parameters() if parameter.grad is not None}
