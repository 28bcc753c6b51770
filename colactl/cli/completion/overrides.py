"""Overrides: groups and their options, keys and their values, at any depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from colactl.cli.completion.config import Config, parts
from colactl.cli.completion.line import Item, Line

SIGNS = ("++", "+", "~", "")
ONLY = {"evaluate": "data"}  # the group that a command takes overrides of, where it does not take all


def complete(line: Line, word: str) -> list[Item]:
    """What an override may be that begins with `word`."""
    sign = next(sign for sign in SIGNS if word.startswith(sign))
    key, equals, value = word.removeprefix(sign).partition("=")
    config = Config(line)
    if equals:
        several, last = _last(value, line.command == "sweep")
        found = [item for item in config.values(key) if item.text.startswith(last)]
        taken = re.split(r"[,(\[]", several)
        return [replace(item, text=f"{sign}{key}={several}{item.text}") for item in found if item.text not in taken]
    only = ONLY.get(line.command)
    names = (item for item in _names(config, sign, key) if only in (None, re.split(r"[.@=/]", item.text)[0]))
    return [replace(item, text=sign + item.text) for item in _level(key, names)]


def complete_part(line: Line, word: str) -> list[Item]:
    """The part of a config, as `show-config --package` takes it, that begins with `word`."""
    return _level(word, parts(Config(line).tree))


def _names(config: Config, sign: str, word: str) -> Iterator[Item]:
    """What an override of such a sign may name; where there is more below, it ends with a dot."""
    if sign != "+":
        names = sorted(config.names(), key=lambda item: item.text)
        yield from names if sign != "~" else _deletable(names)
    if sign == "+":
        yield from config.further_groups(word)
    if sign in ("+", "++"):
        yield from config.further_keys(word)


def _deletable(names: Iterable[Item]) -> Iterator[Item]:
    return (replace(item, text=item.text.rstrip("=")) for item in names if not item.text.startswith("hydra"))


def _last(value: str, sweeps: bool) -> tuple[str, str]:
    """A list's values up to the last one, and that; only a sweep takes a list without brackets."""
    if not sweeps and not value.startswith("["):
        return "", value
    at = max(map(value.rfind, ",([")) + 1
    return value[:at], value[at:]


def _level(word: str, names: Iterable[Item]) -> list[Item]:
    """The names that begin with a word, up to the next part of each, as a shell completes the paths of files."""
    found: dict[str, Item] = {}
    for item in names:
        if item.text.startswith(word):
            end = re.search(r"[./@]", item.text[len(word) :])
            text = item.text[: len(word) + end.end()] if end else item.text
            found.setdefault(text, item if text == item.text else Item(text))
    return list(found.values())
