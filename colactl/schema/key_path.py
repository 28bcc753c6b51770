"""Key paths, such as `training.max_epochs`: where a value stands in a config."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

ABSENT: Any = object()  # stands for the value of a key that is not there
Place = tuple[Any, ...]  # the keys that lead to a value, of lists their indices

HEAD = re.compile(r"\.*[^.\[]*")
STEP = re.compile(r"\.([^.\[]*)|\[(.*?)\]")
# A key that stands in a path as it is; what YAML or a shell may read otherwise stands in brackets, as JSON.
PLAIN = re.compile(r"(?!(?:true|false|null)$)[^\W\d][^\s.\[\]\"'=:]*", re.IGNORECASE)


def split_key(path: str) -> list[str]:
    """The keys of a path, as Hydra and OmegaConf read it: `a.b[c].d` and `a[b][c].d` are the same."""
    head = HEAD.match(path)
    assert head is not None  # it may be empty
    parts = head[0].split(".")
    if path[head.end() :].startswith("[") and not parts[-1]:
        parts.pop()  # it begins with a bracket
    return parts + [dotted or bracketed for dotted, bracketed in STEP.findall(path, head.end())]


def path_of(place: Sequence[Any]) -> str:
    """A place as text, `training.max_epochs` or `optimizer.betas.0`: as an override has it.

    No two places have the same text: the key "1" of a mapping is `["1"]`, and 1 is an index or a number.
    """
    parts = [f".{key}" if _is_plain(key) else f"[{json.dumps(key, ensure_ascii=False, default=str)}]" for key in place]
    return "".join(parts).removeprefix(".")


def _is_plain(key: Any) -> bool:
    if isinstance(key, str):
        return PLAIN.fullmatch(key) is not None and key.isprintable()
    return type(key) is int


def look_up(container: Any, place: Sequence[Any]) -> Any:
    """What stands at a place of plain mappings; `ABSENT` where there is nothing."""
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
