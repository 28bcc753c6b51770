"""Ways to run a network with every dropout switched off, or watched, whatever modules and functions drop in it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from colactl.training.network.dropout import cheap_dropout

DEVIATIONS = 5  # standard deviations; chance goes beyond once in 1.7 million times (normal distribution, both sides)
DRAWS = 2**18  # elements dropped with each probability: five deviations of a keep rate of 0.9 are 0.3%
SCALE_TOLERANCE = 1e-4  # of the elements kept, where their type is not coarser: p is rounded to 1/65536


class NoDropout(TorchFunctionMode):
    """Switches every dropout off, and leaves a network on the way that it takes in training."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (functional.dropout, cheap_dropout):
            return args[0]
        if func is functional.scaled_dot_product_attention and "dropout_p" in kwargs:
            kwargs = {**kwargs, "dropout_p": 0.0}
        return func(*args, **kwargs)


class Drops(TorchFunctionMode):
    """Watches a network drop.

    Attributes:
        places: The probability at each place, in their order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.places: list[float] = []
        self._tallies: dict[tuple[float, torch.dtype], _Tally] = defaultdict(_Tally)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        p = 0.0
        if func is functional.dropout and kwargs["training"]:
            p = kwargs["p"]
        elif func is functional.scaled_dot_product_attention:
            p = kwargs.get("dropout_p", 0.0)
        elif func is cheap_dropout:
            p = args[1]
            self._tallies[p, output.dtype].add(args[0], output)
        if p:
            self.places.append(p)
        return output

    def draw_more(self) -> None:
        """Drops enough elements with each probability to tell a wrong one."""
        for p, dtype in list(self._tallies):
            ones = torch.ones(DRAWS, dtype=dtype)
            self._tallies[p, dtype].add(ones, cheap_dropout(ones, p))

    def wrong_rate(self) -> str:
        """What is wrong with the share of elements kept or with their scale; an empty text where nothing is."""
        return next((fault for (p, dtype), tally in self._tallies.items() if (fault := tally.fault(p, dtype))), "")


@dataclass
class _Tally:
    """Elements that went into a dropout, those that it kept, and the sum of the factors by which it scaled them."""

    elements: int = 0
    kept: int = 0
    scales: float = 0.0

    def add(self, before: Tensor, after: Tensor) -> None:
        kept = after != 0
        self.elements += int((before != 0).sum())
        self.kept += int(kept.sum())
        self.scales += float(torch.where(kept, after.float() / before.float(), 0.0).sum(dtype=torch.float64))

    def fault(self, p: float, dtype: torch.dtype) -> str:
        keep = 1 - p
        allowed = DEVIATIONS * math.sqrt(p * keep / self.elements)
        rate, scale = self.kept / self.elements, self.scales / max(1, self.kept) * keep
        if not abs(rate - keep) <= allowed:
            return f"its dropout keeps {rate:.4f} of the elements, and the library {keep:.4f}"
        if not abs(scale - 1) <= max(SCALE_TOLERANCE, torch.finfo(dtype).eps):
            return f"its dropout scales by {scale:.4f} of what the library scales by"
        return ""
