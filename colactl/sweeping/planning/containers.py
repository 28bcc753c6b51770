"""Plain containers, changed by copying what leads to the change: jobs share all else, and none sees another's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from colactl.composition.hydra_port import node_at, unresolved
from colactl.schema.check import Changes
from colactl.schema.key_path import Place

ABSENT = object()


def look_up(container: Any, place: Place) -> Any:
    """The value at a place among mappings; `ABSENT` if there is none."""
    for key in place:
        if not isinstance(container, dict) or key not in container:
            return ABSENT
        container = container[key]
    return container


def put(container: Any, place: Place, value: Any) -> Any:
    """A copy in which a place has another value; what the place does not lead through is the same object."""
    key, *rest = place
    copied = container.copy()
    copied[key] = put(container[key], tuple(rest), value) if rest else value
    return copied


def put_all(container: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """As `put`, for every change."""
    for place, value in changes.items():
        container = put(container, place, value)
    return container


def differences(old: dict[str, Any], new: dict[str, Any], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """What `put_all` must put into a container to make another one of it, which lacks nothing that is in the first."""
    for key, value in new.items():
        earlier = old.get(key, ABSENT)
        if isinstance(value, dict) and isinstance(earlier, dict):
            yield from differences(earlier, value, (*place, key)) if value is not earlier else ()
        elif type(value) is not type(earlier) or value != earlier:
            yield (*place, key), value


def related(one: Place, other: Place) -> bool:
    """Whether two places are the same, or one of them is within the other."""
    return all(str(a) == str(b) for a, b in zip(one, other, strict=False))


@contextmanager
def holding(config: DictConfig, changes: Changes) -> Iterator[None]:
    """Gives a config other values for a while.

    Args:
        config: Where the changed keys' parents are, and are no interpolations.
        changes: Keys that were not there are gone afterwards.
    """
    undo: list[tuple[DictConfig, Any, Any]] = []
    try:
        for place, value in changes.items():
            parent = node_at(config, place[:-1])
            undo.append((parent, place[-1], _unresolved(parent, place[-1])))
            _set(parent, place[-1], value)
        yield
    finally:
        for parent, key, value in reversed(undo):
            _set(parent, key, value)


def _unresolved(parent: DictConfig, key: Any) -> Any:
    node = node_at(parent, (key,))  # an override may have deleted it
    if node is None:
        return ABSENT
    return OmegaConf.to_container(node) if OmegaConf.is_config(node) else unresolved(node)


def _set(parent: DictConfig, key: Any, value: Any) -> None:
    with read_write(parent), open_dict(parent):
        if value is ABSENT:
            del parent[key]
        else:
            parent[key] = value
