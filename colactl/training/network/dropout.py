"""Dropout with cheap random numbers for a processor, and ways to switch a network's dropout off or to watch it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode, handle_torch_function, has_torch_function_unary

LEVELS = 2**16  # of a random number of 16 bits
BFLOAT16_ONE = 0x3F80  # the bits of 1.0

DEVIATIONS = 5  # standard deviations; chance goes beyond once in 1.7 million times (normal distribution, both sides)
DRAWS = 2**18  # elements dropped with each probability: five deviations of a keep rate of 0.9 are 0.3%
SCALE_TOLERANCE = 1e-4  # of the elements kept, where their type is not coarser: p is rounded to 1/65536


def cheap_dropout(input: Tensor, p: float) -> Tensor:  # noqa: A002  # the name that torch's dropout gives it
    """Dropout that takes four masks from one random number, on a processor in an eighth of the time for a mask.

    It draws from torch's own generator, so it is repeatable as dropout is. Like torch's own functions it can be seen by
    a `TorchFunctionMode`.

    Args:
        input: A floating-point tensor of any shape, on a CPU.
        p: The probability to drop an element, rounded to 1/65536.

    Returns:
        A tensor of the input's shape and type, scaled by the inverse of the rounded probability to keep an element.
    """
    if has_torch_function_unary(input):
        output: Tensor = handle_torch_function(cheap_dropout, (input,), input, p)
        return output
    kept = LEVELS - round(p * LEVELS)
    if not 0 < kept < LEVELS:
        return functional.dropout(input, p)
    drawn = torch.empty(-(-input.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    mask = drawn.view(torch.int16)[: input.numel()].lt_(kept - LEVELS // 2)  # in place it stays 16 bits: no copy
    noise = mask.mul_(BFLOAT16_ONE).view(torch.bfloat16).view(input.shape).to(input.dtype)
    return input * noise.mul_(LEVELS / kept)  # one product for the gradient to go back through


class CheapDropout(nn.Dropout):
    """`cheap_dropout` as a module."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # the name that nn.Dropout gives it
        """What dropout gives, of the same shape and type."""
        if not self.training or not self.p or input.device.type != "cpu":
            return super().forward(input)
        return cheap_dropout(input, self.p)


class NoDropout(TorchFunctionMode):
    """Switches every dropout off in a network that is otherwise in training mode."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (functional.dropout, cheap_dropout):
            return args[0]
        if func is functional.scaled_dot_product_attention and "dropout_p" in kwargs:
            kwargs = {**kwargs, "dropout_p": 0.0}
        return func(*args, **kwargs)


class DropoutWatch(TorchFunctionMode):
    """Watches where and how a network drops.

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
        """Drops enough elements with each probability to notice a wrong one."""
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
