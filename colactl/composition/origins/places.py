"""Places in a config: the keys that lead to a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.composition.hydra_port import place_of
from colactl.schema.key_path import Place, split_key


def leaves(config: Any, place: Place = ()) -> dict[Place, Any]:
    """The values of a config or of a part of it, unresolved, that are no mappings, or empty ones; a list is one value.

    Args:
        config: Or plain containers.
        place: Where it stands.
    """
    plain = OmegaConf.to_container(config) if OmegaConf.is_config(config) else config
    return dict(_walk(plain, place))


def _walk(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict) and (value or not place):
        for key, child in value.items():
            yield from _walk(child, (*place, key))
    else:
        yield place, value


def selected(config: DictConfig, key: str) -> Place:
    """Where a dotted key leads, interpolations on the way followed but not at its end; the key may be a new one."""
    *above, last = split_key(key)
    return (*place_of(at(config, above)), last)


def at(config: DictConfig, parts: Sequence[str]) -> Any:
    """What stands where the parts of a key lead, interpolations on the way followed; None where nothing does."""
    bracketed = "".join(f"[{part}]" for part in parts)  # a part may hold a dot
    return OmegaConf.select(config, bracketed) if parts else config
