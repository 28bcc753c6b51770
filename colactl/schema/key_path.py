"""Key paths, such as `training.max_epochs`: where a value stands in a config."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

ABSENT: Any = object()  # stands for the value of a key that is not there
Place = tuple[Any, ...]  # the keys that lead to a value, of lists their indices

# A text that cannot be taken for a number or a constant, nor for more than one key.
PLAIN_KEY = re.compile(r"(?!(?:true|false|null)$)[^\W\d][^\s.\[\]\"'=:]*", re.IGNORECASE)
HEAD = re.compile(r"\.*[^.\[]*")
STEP = re.compile(r"\.([^.\[]*)|\[(.*?)\]")


def split_key(path: str) -> list[str]:
    """The keys of a path, as Hydra and OmegaConf read it: `a.b[c].d` and `a[b][c].d` are the same."""
    head = HEAD.match(path)
    assert head is not None  # it may be empty
    parts = head[0].split(".")
    if path[head.end() :].startswith("[") and not parts[-1]:
        parts.pop()  # it begins with a bracket
    return parts + [dotted or bracketed for dotted, bracketed in STEP.findall(path, head.end())]


def dotted(place: Sequence[Any]) -> str:
    """A place as an override has it, `training.max_epochs`; a key that is not plain stands in brackets, as JSON.

    Different places have different texts: the key 1 is `.1`, and the text "1" is `["1"]`.
    """
    parts = [f".{key}" if _is_plain(key) else f"[{json.dumps(key, default=str)}]" for key in place]
    return "".join(parts).removeprefix(".")


def _is_plain(key: Any) -> bool:
    if isinstance(key, str):
        return key.isprintable() and PLAIN_KEY.fullmatch(key) is not None
    return type(key) is int


def look_up(container: Any, place: Sequence[Any]) -> Any:
    """The value at a place of plain mappings; `ABSENT` if it has none."""
    for key in place:
        if not isinstance(container, dict) or key not in container:
            return ABSENT
        container = container[key]
    return container


def select(container: Any, path: str) -> Any:
    """As `look_up`, of keys that are joined by dots."""
    return look_up(container, path.split("."))


def keys_of(container: Any, above: str = "") -> Iterator[str]:
    """The key paths of plain mappings, at any depth, in their order."""
    if isinstance(container, dict):
        for key, value in container.items():
            path = f"{above}.{key}" if above else str(key)
            yield path
            yield from keys_of(value, path)
