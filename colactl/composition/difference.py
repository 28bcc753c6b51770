"""What differs between two configs, value by value."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

ABSENT = object()  # the value of a key that is not there
PLAIN_KEY = re.compile(r"[^\s.\[\]\"'=:]+")  # one that a dotted path can hold as it is


@dataclass(frozen=True)
class Difference:
    """A place at which two configs have something else.

    Attributes:
        place: The keys that lead to it.
        a: The first config's value, a plain container; `ABSENT` if it has none.
        b: The second config's.
    """

    place: tuple[Any, ...]
    a: Any
    b: Any

    @property
    def mark(self) -> str:
        """`-` if only the first one has a value, `+` if only the second one has, `~` if both have."""
        return "-" if self.b is ABSENT else "+" if self.a is ABSENT else "~"

    def as_json(self) -> dict[str, Any]:
        """Both values under "a" and "b"; a side that lacks the key has no entry."""
        return {name: value for name, value in (("a", self.a), ("b", self.b)) if value is not ABSENT}


def dotted(place: Sequence[Any]) -> str:
    """The keys of a place as one dotted path; a key that is not plain text stands in brackets, as JSON."""
    steps = (f".{key}" if _is_plain(key) else f"[{json.dumps(key, default=str)}]" for key in place)
    return "".join(steps).removeprefix(".")


class Dumper(yaml.Dumper):
    """Puts the texts in quotes that OmegaConf.to_yaml does: those that a YAML reader may take for something else."""


def _as_scalar(dumper: yaml.Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _is_ambiguous(text) else None)


def _is_ambiguous(text: str) -> bool:
    """Whether it is a number to Python, or a truth value to YAML 1.1 that PyYAML takes for a text."""
    try:
        float(text)
    except ValueError:
        return text in ("y", "Y", "n", "N")
    return True


Dumper.add_representer(str, _as_scalar)


def in_one_line(value: Any) -> str:
    """A value as YAML has it, in one line, which tells 1 from "1"."""
    text: str = yaml.dump(value, Dumper=Dumper, default_flow_style=True, width=sys.maxsize, allow_unicode=True)
    text = text.removesuffix("\n").removesuffix("\n...")
    return text if len(text.splitlines()) < 2 else json.dumps(value, ensure_ascii=False, default=str)


def differences(a: Any, b: Any, place: tuple[Any, ...] = ()) -> Iterator[Difference]:
    """Compares two plain containers, types included: 1, 1.0 and "1" are three values.

    Args:
        a: A mapping, a list, a value, or `ABSENT`.
        b: The same of the other config.
        place: The keys that led there.

    Yields:
        A difference for each leaf of the mappings, in the order of `a`, then what only `b` has. A list is a leaf, as it
        is for overrides; so is an empty mapping that the other config lacks.
    """
    there = [side for side in (a, b) if side is not ABSENT]
    if all(isinstance(side, dict) for side in there) and (len(there) == 2 or there[0]):
        ours, theirs = _by_key(a), _by_key(b)
        for typed in ours | theirs:
            yield from differences(ours.get(typed, ABSENT), theirs.get(typed, ABSENT), (*place, typed[1]))
    elif not _same(a, b):
        yield Difference(place, a, b)


def _is_plain(key: Any) -> bool:
    return isinstance(key, str) and key.isprintable() and PLAIN_KEY.fullmatch(key) is not None


def _by_key(side: Any) -> dict[tuple[type, Any], Any]:
    """A mapping's values by the type of the key and the key: 1 and True are one key to Python, and two to YAML."""
    return {} if side is ABSENT else {(type(key), key): value for key, value in side.items()}


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return not any(differences(a, b))
    return bool(a == b) or (a != a and b != b)  # not a number is the same as itself here
