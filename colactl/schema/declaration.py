"""How a key is declared: one line of a dataclass says all that is known of it."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from colactl.schema.values import Types, Values, in_words

T = TypeVar("T")

MISSING: Any = "???"  # the value of a key that must be set


@dataclass(frozen=True)
class Key:
    """What is declared of a key.

    Attributes:
        types: What its value may be.
        nested: The dataclasses that a mapping below it may have.
        default: What it is where a user's own option left it out; `MISSING` where it must be set.
        values: Which values of these types it takes; None for all.
        unit: Of its number.
        example: A value as it is typed, where the default is none.
        usual: What a shell offers, where it takes other values too.
        other_names: What transformers' Trainer, Lightning's command line and the scripts of this field call it.
        other_words: What people call some of its values, in lower case.
        switches: The flags of other programs that do what a value of it does, by name and value.
        optional: Whether it is an argument that may be added, such as one of the Trainer's: nothing fills it in.
    """

    types: Types
    nested: tuple[type, ...]
    default: Any
    values: Values | None = None
    unit: str = ""
    example: str = ""
    usual: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    other_words: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[tuple[str, bool], str] = field(default_factory=dict)
    optional: bool = False

    @property
    def words(self) -> str:
        """What it takes, for "KEY must be ..."."""
        return self.values.words if self.values else in_words(self.types)

    @property
    def takes(self) -> str:
        """The same with all that it takes: each choice, the unit, and null."""
        words = f"{', '.join(self.choices[:-1])} or {self.choices[-1]}" if len(self.choices) > 1 else self.words
        null = "" if "None" not in self.types or "null" in words else ", or null"
        return f"{words}{f' ({self.unit})' if self.unit else ''}{null}"

    @property
    def choices(self) -> tuple[str, ...]:
        """All that it takes, where that is one of a few words."""
        return self.values.choices if self.values else ()

    def allows(self, value: Any) -> bool:
        """Whether it takes a value that is of one of its types."""
        return value is None or self.values is None or self.values.test(value)

    @property
    def sound(self) -> str:
        """A value that would do, as it is typed; empty where there is none to type."""
        if self.example or self.default == MISSING:
            return self.example
        if self.default is None or (isinstance(self.default, dict) and "None" in self.types):
            return "null"
        if isinstance(self.default, dict):
            return ""
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)


def schema(declaring: type[T]) -> type[T]:
    """Makes a dataclass whose fields declare keys; it is never instantiated, and needs no methods."""
    return dataclass(init=False, repr=False, eq=False)(declaring)


def key(default: Any = MISSING, values: Values | None = None, **declared: Any) -> Any:
    """Declares a key by its default, the values that it takes, and what else `Key` has."""
    return dataclasses.field(default=default, metadata={"values": values, **declared})


def argument(values: Values, **declared: Any) -> Any:
    """Declares an argument that may be added."""
    return key(values=values, optional=True, **declared)


@cache
def keys(declaring: type) -> Mapping[str, Key]:
    """The declarations in a dataclass, by name."""
    hints = typing.get_type_hints(declaring)
    return {field.name: _key(field, hints[field.name]) for field in dataclasses.fields(declaring)}


def defaults(declaring: type) -> dict[str, Any]:
    """What a mapping holds in which every key was left out: `MISSING` where it must be set."""
    return {name: one.default for name, one in keys(declaring).items() if not one.optional}


def _key(field: dataclasses.Field[Any], hint: Any) -> Key:
    origin = typing.get_origin(hint)
    kinds = (hint,) if origin in (None, list, dict) else typing.get_args(hint)
    nested = tuple(kind for kind in kinds if dataclasses.is_dataclass(kind) and isinstance(kind, type))
    default = defaults(nested[0]) if nested and field.default is MISSING else field.default
    return Key(frozenset(map(_type_name, kinds)), nested, default, **field.metadata)


def _type_name(kind: Any) -> str:
    if dataclasses.is_dataclass(kind):
        return "dict"
    return "None" if kind is type(None) else str((typing.get_origin(kind) or kind).__name__)
