"""What is wrong with a config, and how it is told: with the override that it came from, and what to type instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from colactl.redaction import names_a_secret
from colactl.schema.key_path import ABSENT, split_key
from colactl.shell import quoted


@dataclass(frozen=True)
class Fault:
    """Something wrong with a config.

    Attributes:
        text: A sentence, less its end.
        paths: The dotted keys that it is about, the first one most.
        value: What stands there; told where the override does not.
        meant: The overrides that were probably meant; what ends in `=` gets the value that was typed.
        example: An override that would do; told where none was probably meant.
        unknown: Whether there is no such key, whatever the value.
        missing: Whether all it says is that data is not there.
    """

    text: str
    paths: tuple[str, ...] = ()
    value: Any = ABSENT
    meant: tuple[str, ...] = ()
    example: str = ""
    unknown: bool = False
    missing: bool = False

    def told(self, overrides: Sequence[str] = ()) -> str:
        """The whole sentence.

        Args:
            overrides: As typed; the one at fault is named.
        """
        parts = [text for text in overrides for path in self.paths if place_of(text).startswith(f"{path}.")]
        override = culprit(self.paths, overrides) or next(reversed(parts), None)
        told = self.value is ABSENT or (override is not None and place_of(override) == self.paths[0])
        text = self.text if told else f"{self.text}, and is {self.value!r}"
        if override is None:
            return text + ending(tuple(meant.removesuffix("=") for meant in self.meant))
        value, plus = value_shown(override), override[: len(override) - len(override.lstrip("+"))]
        meant = tuple(key + value if key.endswith("=") else key for key in self.meant)
        same = self.example.partition("=")[0] == place_of(override)
        return f"{shown(override)}: {text}{ending(meant, plus * same + self.example)}"


def ending(meant: Sequence[str], example: str = "") -> str:
    """The end of a sentence: what to type instead, as the shell in use wants it."""
    if meant:
        return f"; did you mean {' or '.join(map(quoted, meant))}?"
    return f"; {quoted(example)} would do." if example else "."


def shown(override: str) -> str:
    """An override as typed, but for a secret, and for what a terminal would act on."""
    key, equals, _ = override.partition("=")
    text = key + equals + value_shown(override)
    return text if text.isprintable() else repr(text)


def value_shown(override: str) -> str:
    """The value of an override as typed, but for a secret."""
    key, _, value = override.partition("=")
    return "..." if names_a_secret(key) else value


def culprit(paths: Sequence[str], overrides: Sequence[str]) -> str | None:
    """The override that a value came from: of its key, of one above it, or the choice of the option that has it.

    Args:
        paths: Dotted keys; the first that an override is about decides.
        overrides: As typed.
    """
    places = [(place_of(text), text) for text in overrides]
    for path in paths:
        found = [(len(key), text) for key, text in places if path == key or path.startswith(f"{key}.")]
        if found:
            longest = max(length for length, _ in found)
            return [text for length, text in found if length == longest][-1]  # which Hydra applies last
    return None


def place_of(override: str) -> str:
    """The dotted key that an override is about; for a group's, where its options go."""
    group, _, package = override.partition("=")[0].lstrip("+~").partition("@")
    return ".".join(map(str, split_key(package or group.replace("/", "."))))
