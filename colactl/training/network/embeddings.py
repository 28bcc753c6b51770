"""Embeddings that train only the rows that occur in the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding
from torch.optim import Optimizer
from transformers import PreTrainedModel

WORTHWHILE = 0.5  # the largest share of rows in use that is worth an indirection


class RowsInUse(nn.Module):
    """An embedding of which only some rows are trained.

    A dense gradient is as large as the vocabulary, though a batch has a few hundred rows of it: filling it, clipping it
    and stepping along it was a tenth of a BERT's training step. For the rows in use all is as in the whole embedding;
    the others have no gradient there either, and are only spared its weight decay.

    Args:
        whole: The embedding.
        used: The ids that may occur; int64 of shape (rows,), each once.
    """

    def __init__(self, whole: nn.Embedding, used: Tensor) -> None:
        super().__init__()
        device = whole.weight.device
        self._used = used
        row = torch.full((whole.num_embeddings,), -1)  # an id that was not announced is an error, not a wrong row
        row[used] = torch.arange(len(used))
        self.padding_row = None if whole.padding_idx is None else int(row[whole.padding_idx])
        self.register_buffer("row", row.to(device), persistent=False)
        self.weight = nn.Parameter(whole.weight.detach()[used.to(device)], whole.weight.requires_grad)
        self._whole = (whole,)  # in a tuple, so that it counts neither as a part nor as parameters

    def forward(self, input_ids: Tensor) -> Tensor:
        """The rows of ids of any shape, with the embedding's dimension behind it."""
        return embedding(self.rows_of(input_ids), self.weight, self.padding_row)

    def rows_of(self, ids: Tensor) -> Tensor:
        """The rows of the weight that ids of any shape have."""
        return self.get_buffer("row")[ids]

    def whole(self) -> nn.Embedding:
        """The whole embedding, with the rows in use as they are now."""
        (whole,) = self._whole
        with torch.no_grad():
            whole.weight[self._used] = self.weight.to(whole.weight)  # its device and its type
        return whole.to(self.weight.device)


def train_rows_in_use(network: PreTrainedModel, token_ids: Tensor) -> Callable[[], None] | None:
    """Puts `RowsInUse` into a network whose embedding is a plain one and mostly idle.

    Args:
        network: Scores sentences of these ids only, until `restore_embeddings`.
        token_ids: All that may occur, padding included; integers of any shape.

    Returns:
        What puts the whole embedding back as it was before; None where it was left alone.
    """
    whole = network.get_input_embeddings()
    if type(whole) is not nn.Embedding or whole.max_norm is not None or whole.scale_grad_by_freq or whole.sparse:
        return None
    shared = sum(parameter is whole.weight for _, parameter in network.named_parameters(remove_duplicate=False))
    used = _in_use(whole, token_ids)
    if shared != 1 or len(used) > WORTHWHILE * whole.num_embeddings:
        return None
    device = whole.weight.device
    network.set_input_embeddings(RowsInUse(whole, used))
    whole.cpu()  # in the device's memory it would only lie
    return lambda: network.set_input_embeddings(whole.to(device))


def _in_use(whole: nn.Embedding, token_ids: Tensor) -> Tensor:
    padding = [] if whole.padding_idx is None else [whole.padding_idx]
    used: Tensor = torch.unique(torch.cat([token_ids.flatten().long(), torch.tensor(padding, dtype=torch.int64)]))
    return used


class RowsLoaded:
    """Makes a network with its whole embedding load the checkpoints of a run that trained the rows in use only.

    Other checkpoints are loaded as before.

    Args:
        network: With the weights that the run began with, which the other rows keep.
        token_ids: The run's, as `train_rows_in_use` was given them.
    """

    def __init__(self, network: PreTrainedModel, token_ids: Tensor) -> None:
        self._whole = network.get_input_embeddings()
        if isinstance(self._whole, nn.Embedding):
            self._used = _in_use(self._whole, token_ids)
            self._start = self._whole.weight.detach().cpu().clone()
            self._whole.register_load_state_dict_pre_hook(self._load_weight)  # type: ignore[no-untyped-call]  # torch's lack

    def prepare(self, optimizer: Optimizer) -> None:
        """Makes an optimizer of the network load the state of that run's."""
        if isinstance(self._whole, nn.Embedding):
            optimizer.register_load_state_dict_pre_hook(self._load_state)

    def _load_weight(self, _: nn.Module, state_dict: dict[str, Any], prefix: str, *__: Any) -> None:
        rows = state_dict.get(f"{prefix}weight")
        if rows is not None and len(rows) == len(self._used):
            state_dict[f"{prefix}weight"] = self._start.to(rows, copy=True).index_copy_(0, self._used, rows)

    def _load_state(self, optimizer: Optimizer, state_dict: dict[str, Any]) -> None:
        for group, saved in zip(optimizer.param_groups, state_dict["param_groups"], strict=True):
            for parameter, index in zip(group["params"], saved["params"], strict=True):
                if parameter is self._whole.weight and index in state_dict["state"]:
                    of_rows = state_dict["state"][index]
                    state_dict["state"][index] = {key: self._expanded(value) for key, value in of_rows.items()}

    def _expanded(self, value: Any) -> Any:
        if not isinstance(value, Tensor) or value.ndim != 2 or len(value) != len(self._used):
            return value  # such as the count of steps
        expanded = value.new_zeros(len(self._start), value.shape[1])  # as of rows that have had no gradient
        return expanded.index_copy_(0, self._used, value)


def restore_embeddings(network: PreTrainedModel) -> None:
    """Puts the whole embedding back, as trained."""
    rows = network.get_input_embeddings()
    if isinstance(rows, RowsInUse):
        network.set_input_embeddings(rows.whole())
