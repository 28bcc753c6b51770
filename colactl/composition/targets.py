"""What the interpolations of a config point at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from omegaconf import Container, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition.hydra_port import fill_in, node_at, place_of, unresolved
from colactl.schema.key_path import Place, dotted


@dataclass(frozen=True)
class Target:
    """What an interpolation points at.

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
    keys: list[str] = []

    def read(root: Container, parts: list[str]) -> None:
        keys.append(dotted((*place_of(root), *(int(part) if part.isdigit() else part for part in parts))))

    with suppress(Exception):  # it leads nowhere, which its value reports; a resolver may raise anything
        fill_in(unresolved(node), node, read)
    return keys
