"""Plain containers of a config: reading and changing them by the keys that lead to a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from colactl.schema.check import Changes
from colactl.schema.key_path import ABSENT, Place


def put(container: Any, changes: Changes) -> None:
    """Puts values into a container, in place; what leads to each of them is there."""
    for place, value in changes.items():
        parent = container
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = value


def find_interpolations(container: Any, place: Place = ()) -> Iterator[Place]:
    """The places of the interpolations in an unresolved container, in order."""
    if isinstance(container, dict | list):
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in items:
            yield from find_interpolations(value, (*place, key))
    elif isinstance(container, str) and "${" in container:  # which is how OmegaConf tells one
        yield place


def differences(old: dict[str, Any], new: dict[str, Any], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """The values of a container that an older one, which has no further keys, lacks or has otherwise."""
    for key, value in new.items():
        earlier = old.get(key, ABSENT)
        if isinstance(value, dict) and isinstance(earlier, dict):
            yield from differences(earlier, value, (*place, key))
        elif type(value) is not type(earlier) or value != earlier:
            yield (*place, key), value


def related(one: Place, other: Place) -> bool:
    """Whether two places are the same, or one of them is within the other."""
    return all(str(a) == str(b) for a, b in zip(one, other, strict=False))
