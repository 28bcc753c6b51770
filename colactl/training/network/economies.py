"""Work that a training step can leave out: the same mathematics in the library's own layers, for less.

An economy is a function that changes a network and returns what changes it back, or None where it does not apply.
`colactl.training.network.proof` decides which of them a run trains with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from colactl.training.network import attention, transformers_port
from colactl.training.network.dropout import CheapDropout
from colactl.training.network.embeddings import RowsLoaded, train_rows_in_use

Undo = Callable[[], None]

NAMES = ("no_mask", "first_token", "attention", "dropout", "rows_in_use")  # in the order in which they are applied


class Economies:
    """The economies in force in a network; none at first.

    Without the economy `no_mask`, a batch without padding gets a mask of ones, as those who use `transformers` give one
    with every batch.

    Args:
        network: A sequence classifier, on the device that it trains on.
        token_ids: All that may occur, padding included; integers of shape (ids,).
    """

    def __init__(self, network: PreTrainedModel, token_ids: Tensor) -> None:
        self._network, self._token_ids = network, token_ids
        self._undo: dict[str, Undo] = {}
        self._fill_masks()

    @property
    def in_force(self) -> list[str]:
        """Their names, in the order of `NAMES`."""
        return list(self._undo)

    def put(self, names: Collection[str]) -> None:
        """Puts these in force that apply to the network, and no others.

        Raises:
            Exception: Whatever a changed library makes one of them raise; none is in force then.
        """
        self.clear()
        try:
            for name in NAMES:
                if name in names and (undo := self._apply(name)):
                    self._undo[name] = undo
        except Exception:
            self.clear()
            raise

    def clear(self) -> None:
        """Makes the network the library's own again."""
        while self._undo:
            self._undo.popitem()[1]()

    def load_rows_in_use(self) -> RowsLoaded:
        """Prepares the network to load, without the economy `rows_in_use`, checkpoints of a run with it."""
        return RowsLoaded(self._network, self._token_ids)

    def _apply(self, name: str) -> Undo | None:
        if name == "no_mask":
            self._filling.remove()
            return self._fill_masks
        if name == "rows_in_use":
            return train_rows_in_use(self._network, self._token_ids)
        return OF_NETWORK[name](self._network)

    def _fill_masks(self) -> None:
        self._filling = self._network.register_forward_pre_hook(_with_mask, with_kwargs=True)


def _with_mask(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if kwargs.get("attention_mask") is None:
        kwargs = {**kwargs, "attention_mask": torch.ones_like(kwargs["input_ids"])}
    return args, kwargs


def _compute_first_token_only(network: PreTrainedModel) -> Undo | None:
    """Computes the last layer for the first token alone, where the classifier reads no other."""
    # The last layer is given one row of the mask, which only these attentions have for each query.
    if transformers_port.reads_first_token(network) and transformers_port.attention_of(network) in ("eager", "sdpa"):
        return transformers_port.compute_first_token_only(network)
    return None


def _attend_with_cheap_dropout(network: PreTrainedModel) -> Undo | None:
    """Attends by plain matrix products with cheap dropout, where the library would take PyTorch's attention."""
    if network.device.type != "cpu" or not transformers_port.reads_first_token(network):
        return None
    if transformers_port.attention_of(network) != "sdpa":
        return None
    network.set_attn_implementation(attention.register())
    return lambda: network.set_attn_implementation("sdpa")


def _drop_cheaply(network: PreTrainedModel) -> Undo | None:
    """Puts `CheapDropout` where a network has plain dropout."""
    if network.device.type != "cpu":
        return None
    replaced: list[tuple[nn.Module, str, nn.Dropout]] = []
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, CheapDropout(child.p).train(child.training))
                replaced.append((parent, name, child))

    def undo() -> None:
        for parent, name, child in replaced:
            setattr(parent, name, child)

    return undo if replaced else None


# Those that change the network alone.
OF_NETWORK: dict[str, Callable[[PreTrainedModel], Undo | None]] = {
    "first_token": _compute_first_token_only,
    "attention": _attend_with_cheap_dropout,
    "dropout": _drop_cheaply,
}
