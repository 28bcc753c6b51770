"""Where a parameter's values lie on an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeGuard

from colactl.sweeping.results.parameters import Value

WIDE = 100.0  # largest value by smallest above which an axis is logarithmic: two decades
MOST_TICKS = 12  # from more numbers on, round ones tell more than those that occur
APART = 0.05  # of an axis, between two names along it
LONGEST_LABEL = 24  # characters


@dataclass(frozen=True)
class Scale:
    """An axis for the values of a parameter.

    Attributes:
        kind: Numbers are linear or log; anything else is a category.
        values: The different ones: numbers sorted, categories in the order that they occur in.
    """

    kind: Literal["linear", "log", "category"]
    values: list[Value | None]

    @classmethod
    def of(cls, values: Sequence[Value | None]) -> Scale:
        """The scale that shows all the values."""
        numbers = [value for value in values if _is_number(value)]
        if len(numbers) < len(values):
            return cls("category", list(dict.fromkeys(values)))
        wide = min(numbers) > 0 and max(numbers) / min(numbers) > WIDE
        return cls("log" if wide else "linear", [*sorted(set(numbers))])

    def place(self, value: Value | None) -> float:
        """Where a value is: a number itself, or the position of its category."""
        if self.kind == "category":
            return float(self._positions[value])
        assert value is not None  # or it would be a category
        return float(value)

    def share(self, value: Value | None) -> float:
        """Where a value is between the axis' lower end, 0, and its upper one, 1."""
        low, high, at = (self._even(self.place(each)) for each in (self.values[0], self.values[-1], value))
        return 0.5 if low == high else (at - low) / (high - low)

    def ticks(self) -> list[Value | None]:
        """The values to name along the axis: as many as do not run into each other."""
        chosen = self.values[:1]
        for value in self.values[1:]:
            if self.share(value) - self.share(chosen[-1]) >= APART:
                chosen.append(value)
        return chosen

    @cached_property
    def _positions(self) -> dict[Value | None, int]:
        return {value: position for position, value in enumerate(self.values)}

    def _even(self, place: float) -> float:
        return math.log(place) if self.kind == "log" else place


def label(value: Value | None) -> str:
    """A value as it is named along an axis."""
    if value is None:
        return "(default)"
    text = f"{value:g}" if _is_number(value) else str(value)
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _is_number(value: Value | None) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
