"""The fields of a schema: what they are called, what they default to, and what they make of a value."""

from __future__ import annotations

import dataclasses
import pickle
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

MISSING = "???"
WRONG = object()  # what a field makes of a value that it does not take
REMEMBERED = 1 << 14  # conversions: a sweep asks for the same few over and over


@dataclass(frozen=True)
class Fields:
    """What a schema is made of, worked out once.

    Attributes:
        defaults: Of every field, as plain containers; "???" where one must be set.
        nested: The fields that hold a dataclass, also an optional one.
        typed: An instance for conversions to be tried on; a field's own value is never read from it.
    """

    defaults: Mapping[str, Any]
    nested: Mapping[str, type]
    typed: DictConfig


@cache
def fields_of(schema: type) -> Fields:
    """The fields of a dataclass."""
    typed = OmegaConf.structured(schema)
    defaults: Any = OmegaConf.to_container(typed)
    return Fields(defaults, _nested(schema), typed)


def converted(schema: type, key: str, value: Any) -> Any:
    """What a field makes of a value, such as 32 of "32"; `WRONG` if it takes no such value."""
    # Pickled, because that tells 1 from 1.0 and from True, and a list is no key.
    return _converted(schema, key, pickle.dumps(value))


@lru_cache(maxsize=REMEMBERED)
def _converted(schema: type, key: str, pickled: bytes) -> Any:
    typed = fields_of(schema).typed
    try:
        OmegaConf.update(typed, key, pickle.loads(pickled), merge=False)  # OmegaConf 2.4 warns where [] converts
        made = typed[key]
    except OmegaConfBaseException:
        return WRONG
    return OmegaConf.to_container(made) if OmegaConf.is_config(made) else made


def kind(schema: type, key: str) -> str:
    """What a field takes, in words."""
    hint = typing.get_type_hints(schema)[key]
    several = (dict,) if typing.get_origin(hint) is dict else typing.get_args(hint) or (hint,)
    kinds = [getattr(kind, "__name__", str(kind)) for kind in several]
    return in_words(kinds)


def in_words(kinds: Iterable[str]) -> str:
    """The names of types, as they are told."""
    words = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "a text", "list": "a list"}
    words |= {"NoneType": "null", "None": "null"}
    return " or ".join(words.get(kind, "a mapping") for kind in kinds)


def default_of(schema: type, key: str) -> str:
    """A field's default as it is typed, or null instead of a mapping; empty where there is none to type."""
    default = fields_of(schema).defaults.get(key, MISSING)
    if isinstance(default, dict) and type(None) in typing.get_args(typing.get_type_hints(schema)[key]):
        return "null"
    if default == MISSING or isinstance(default, dict | list):
        return ""
    return "null" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _nested(schema: type) -> dict[str, type]:
    hints = typing.get_type_hints(schema)
    kinds = {name: typing.get_args(hint) or (hint,) for name, hint in hints.items()}
    return {
        name: kind
        for name, found in kinds.items()
        for kind in found
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
    }
