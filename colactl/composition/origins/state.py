"""What is known about a config's values while it is composed step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from colactl.composition.origins.places import leaves
from colactl.schema.key_path import Place


@dataclass(frozen=True)
class Origin:
    """Who set a value.

    Attributes:
        kind: A config file, an override, or the schema where no config says anything; unknown where it cannot be told,
            such as for a config that is not a file.
        file: The file.
        line: Of the key in that file, counted from 1.
        override: As typed.
        chosen_by: Who chose this file's option of its group, where the defaults list with the group has another.
    """

    kind: Literal["file", "override", "schema", "unknown"]
    file: Path | None = None
    line: int | None = None
    override: str | None = None
    chosen_by: Origin | None = None

    def as_json(self) -> dict[str, Any]:
        """As plain containers, with what this kind has."""
        every = {
            "kind": self.kind,
            "file": self.file and str(self.file),
            "line": self.line,
            "override": self.override,
            "chosen_by": self.chosen_by and self.chosen_by.as_json(),
        }
        return {key: value for key, value in every.items() if value is not None}


UNKNOWN = Origin("unknown")


@dataclass(frozen=True)
class Replaced:
    """A value that gave way to another, unresolved; what stood there may have been a mapping."""

    value: Any
    origin: Origin


@dataclass(frozen=True)
class Leaf:
    """A value, unresolved, who set it, and what it replaced."""

    value: Any
    origin: Origin
    replaced: Replaced | None = None


@dataclass(frozen=True)
class Step:
    """One file that is merged, or one override that is applied.

    Attributes:
        place: Where it begins: a file's package, an override's key.
        leaves: What it says.
        origin: Tells the origin of a value or mapping that it says.
        decides: Whether all that this step changes is its doing, also what it does not name, such as an override of
            a list's item.
    """

    place: Place
    leaves: dict[Place, Any]
    origin: Callable[[Place], Origin]
    decides: bool = False


@dataclass(frozen=True)
class State:
    """A config after some steps.

    Attributes:
        plain: Unresolved, as plain containers.
        leaves: Its values.
        mappings: Who wrote to each of its mappings last.
    """

    plain: dict[Any, Any] = field(default_factory=dict)
    leaves: dict[Place, Leaf] = field(default_factory=dict)
    mappings: dict[Place, Origin] = field(default_factory=dict)

    def after(self, plain: dict[Any, Any], step: Step) -> State:
        """The state that a step led to.

        Args:
            plain: The config as it is now, unresolved, as plain containers.
            step: What happened to it.
        """
        named = {place[:depth] for place in step.leaves for depth in range(1, len(place) + 1)}
        now = {place: self._leaf(place, value, step, named) for place, value in leaves(plain).items()}
        mappings = {place: step.origin(place) for place in named if place[: len(step.place)] == step.place}
        return State(plain, now, self.mappings | mappings)

    def _leaf(self, place: Place, value: Any, step: Step, named: set[Place]) -> Leaf:
        earlier = self.leaves.get(place)
        kept = earlier if earlier and same(earlier.value, value) else None
        if place in step.leaves and not same(step.leaves[place], value):
            return kept or Leaf(value, UNKNOWN)  # a file's ??? sets nothing where there is a value
        if kept and place not in named:
            return kept
        if place in named or step.decides:
            return Leaf(value, step.origin(place), self._at(place))
        above = self._leaf_above(place)  # an interpolation that brought a mapping, of which a merge makes a copy
        return Leaf(value, above.origin if above else UNKNOWN)

    def _at(self, place: Place) -> Replaced | None:
        """What stands at a place, or where the place is to come into being."""
        leaf = self.leaves.get(place) or self._leaf_above(place)
        if leaf:
            filled = isinstance(leaf.value, dict) and place not in self.leaves  # an empty mapping
            return None if filled else Replaced(leaf.value, leaf.origin)
        value: Any = self.plain
        for key in place:
            if not isinstance(value, dict) or key not in value:
                return None
            value = value[key]
        below = (leaf.origin for child, leaf in self.leaves.items() if child[: len(place)] == place)
        return Replaced(value, self.mappings.get(place) or next(below, UNKNOWN))

    def _leaf_above(self, place: Place) -> Leaf | None:
        return next((self.leaves[place[:depth]] for depth in range(len(place)) if place[:depth] in self.leaves), None)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one type: 1 is not 1.0, nor True."""
    return repr(one) == repr(other)
