"""The values that a key takes: their types and their range, both in words and as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

WRONG = object()  # what becomes of a value that is not of a key's types
WORDS = {
    "bool": ("true", "false"),
    "int": ("an integer",),
    "float": ("a number",),
    "str": ("a text",),
    "list": ("a list",),
    "None": ("null",),
}

Types = frozenset[str]  # the names of the types that a config file has: bool, int, float, str, list, dict and None


@dataclass(frozen=True)
class Values:
    """Which values a key takes; whether null is one of them is said by its type.

    Attributes:
        test: Whether a value is allowed.
        words: What is allowed, for "KEY must be ...".
        json: The same in JSON Schema.
        choices: All that is allowed, where it is a choice among words.
    """

    test: Callable[[Any], bool]
    words: str
    json: dict[str, Any]
    choices: tuple[str, ...] = ()

    def described(self, words: str) -> Values:
        """The same in other words."""
        return replace(self, words=words)


def integer(least: int, most: int | None = None) -> Values:
    """An integer from one bound to the other, both included."""

    def test(value: Any) -> bool:
        return _is_number(value, int) and value >= least and (most is None or value <= most)

    if most is None:
        return Values(test, f"an integer of at least {least}", {"type": "integer", "minimum": least})
    json = {"type": "integer", "minimum": least, "maximum": most}
    return Values(test, f"an integer from {least} to {most}", json)


def number(least: float, most: float | None = None, above: bool = False, below: bool = False) -> Values:
    """A number from one bound to the other.

    Args:
        least: The lower bound.
        most: The upper bound, if any.
        above: Whether the lower one is left out.
        below: Whether the upper one is left out.
    """
    json: dict[str, Any] = {"type": "number", "exclusiveMinimum" if above else "minimum": least}
    if most is not None:
        json["exclusiveMaximum" if below else "maximum"] = most

    def test(value: Any) -> bool:
        if not _is_number(value, int | float) or not least <= value or (above and value == least):
            return False
        return most is None or (value < most if below else value <= most)

    words = f"a number {'above' if above else 'of at least'} {least:g}"
    return Values(test, words if most is None else f"a number from {least:g} to {most:g}", json)


def one_of(*choices: str, any_case: bool = False) -> Values:
    """One of a few words.

    Args:
        choices: The words, in lower case.
        any_case: Whether capitals are allowed.
    """

    def test(value: Any) -> bool:
        return isinstance(value, str) and (value.lower() if any_case else value) in choices

    words = f"{', '.join(choices[:-1])} or {choices[-1]}" if len(choices) > 1 else choices[0]
    return Values(test, words, {"enum": list(choices)}, choices)


def text(words: str, pattern: str = "") -> Values:
    """A text that is not empty.

    Args:
        words: What it is.
        pattern: Its form, where it has one: a regular expression to both Python and JSON Schema.
    """

    def test(value: Any) -> bool:
        return isinstance(value, str) and (re.fullmatch(pattern, value) is not None if pattern else bool(value))

    return Values(test, words, {"type": "string", **({"pattern": f"^({pattern})$"} if pattern else {"minLength": 1})})


def list_of(item: Values, length: int | None = None) -> Values:
    """A list that is not empty, or that has a certain length."""

    def test(value: Any) -> bool:
        fits = isinstance(value, list) and (bool(value) if length is None else len(value) == length)
        return fits and all(map(item.test, value))

    json = {"type": "array", "items": item.json, "minItems": length or 1}
    return Values(test, "a list", json if length is None else {**json, "maxItems": length})


def mapping_of(item: Values, *names: str) -> Values:
    """A mapping that has some of a few keys."""

    def test(value: Any) -> bool:
        return isinstance(value, dict) and set(value) <= set(names) and all(map(item.test, value.values()))

    properties = dict.fromkeys(names, item.json)
    return Values(test, "a mapping", {"type": "object", "properties": properties, "additionalProperties": False})


def either(*alternatives: Values | str | int) -> Values:
    """What one of several allows; a plain value allows itself."""
    several = [one if isinstance(one, Values) else _only(one) for one in alternatives]

    def test(value: Any) -> bool:
        return any(one.test(value) for one in several)

    return Values(test, " or ".join(one.words for one in several), {"anyOf": [one.json for one in several]})


def _only(constant: str | int) -> Values:
    words = str(constant).lower() if isinstance(constant, bool) else str(constant)
    return Values(lambda value: bool(value == constant), words, {"const": constant})


def _is_number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def convert(types: Types, value: Any) -> Any:
    """What a key makes of a value, such as 32 of "32", as a typed config of OmegaConf's does.

    Args:
        types: A key of several takes what is of one of them as it is, and converts nothing.
        value: Plain.

    Returns:
        `WRONG` where the key takes no such value.
    """
    if value is None:
        return None if "None" in types else WRONG
    wanted = types - {"None"}
    if type(value).__name__ in wanted:
        return value
    if len(wanted) > 1 or wanted & {"dict", "list"}:
        return value if takes(wanted, value) else WRONG
    from omegaconf import ValidationError

    try:
        return _converter(*wanted)(value)
    except ValidationError:
        return WRONG


@cache
def _converter(kind: str) -> Callable[[Any], Any]:
    from omegaconf import BooleanNode, FloatNode, IntegerNode, StringNode

    nodes = {"bool": BooleanNode(), "float": FloatNode(), "int": IntegerNode(), "str": StringNode()}
    return nodes[kind].validate_and_convert


def takes(types: Types | None, value: object) -> bool:
    """Whether a value is of one of the types; where these are not known, any value is."""
    if types is None:
        return True
    if value is None:
        return bool(types & {"None", "bool"})  # which is as good as false
    if isinstance(value, bool | int):  # these two stand in for one another
        return bool(types & {"bool", "int", "float"})
    return type(value).__name__ in types


def in_words(types: Iterable[str]) -> str:
    """The names of types, for "KEY must be ..."; null comes last."""
    ordered = sorted(types, key=lambda name: (name == "None", name))
    *words, last = [word for name in ordered for word in WORDS.get(name, ("a mapping",))]
    return f"{', '.join(words)} or {last}" if words else last
