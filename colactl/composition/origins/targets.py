"""What the interpolations of a config point at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import split_key
from omegaconf.errors import OmegaConfBaseException
from omegaconf.grammar_parser import parse
from omegaconf.grammar_visitor import GrammarVisitor

from colactl.composition.checks.examine import Place
from colactl.composition.origins.places import dotted, node_at, place_of


@dataclass(frozen=True)
class Target:
    """What an interpolation came to.

    Attributes:
        interpolation: As it stands in the config: a text, or a list with such texts in it.
        keys: The dotted keys that it reads itself; none for one such as `${oc.env:HOME}`.
        value: Resolved, as plain containers; None where it leads nowhere.
        error: Why it leads nowhere.
    """

    interpolation: Any
    keys: tuple[str, ...]
    value: Any
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As plain containers."""
        error = {"error": self.error} if self.error else {}
        return {"interpolation": self.interpolation, "keys": list(self.keys), "value": self.value} | error


def target(config: DictConfig, place: Place, raw: Any) -> Target | None:
    """Follows the interpolation at a place; None if there is none.

    Args:
        config: Unresolved.
        place: Of a value that is no mapping.
        raw: That value, unresolved.
    """
    places = list(_interpolations(raw, place))
    if not places:
        return None
    keys = tuple(dict.fromkeys(key for one in places for key in _keys(node_at(config, one))))
    try:
        value = node_at(config, place[:-1])[place[-1]]
        plain = OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
    except OmegaConfBaseException as error:
        return Target(raw, keys, None, str(error).splitlines()[0])
    return Target(raw, keys, plain)


def _interpolations(raw: Any, place: Place) -> Iterator[Place]:
    if isinstance(raw, dict | list):
        for key, value in raw.items() if isinstance(raw, dict) else enumerate(raw):
            yield from _interpolations(value, (*place, key))
    elif isinstance(raw, str) and "${" in raw:  # which is how OmegaConf tells one
        yield place


def _keys(node: Any) -> list[str]:
    """The keys that an interpolation reads, made absolute; of one within another both."""
    parent, found = node._get_parent_container(), []

    def read(key: str, memo: Any) -> Any:
        root, rest = parent._resolve_key_and_root(key)
        found.append(dotted((*place_of(root), *(int(part) if part.isdigit() else part for part in split_key(rest)))))
        return parent._resolve_node_interpolation(key, memo)

    def call(name: str, arguments: tuple[Any, ...], texts: tuple[str, ...]) -> Any:
        return parent._evaluate_custom_resolver(node._key(), node, name, arguments, texts)

    with suppress(Exception):  # it leads nowhere, as its value will tell; a resolver may raise anything
        GrammarVisitor(read, call, memo=set()).visit(parse(node._value()))
    return found
