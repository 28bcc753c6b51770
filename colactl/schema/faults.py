"""What is wrong with a config, in words: with the override that it came from, and what to type instead."""

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
        text: A sentence without its end.
        paths: The key paths that it is about, the first one most.
        value: The wrong value; quoted where no override has it.
        meant: The overrides that were probably meant; what ends in `=` gets the value that was typed.
        example: An override that would do, for where none was probably meant.
        unknown: Whether the key does not exist, whatever its value.
        missing: Whether all that is wrong is that data does not exist.
    """

    text: str
    paths: tuple[str, ...] = ()
    value: Any = ABSENT
    meant: tuple[str, ...] = ()
    example: str = ""
    unknown: bool = False
    missing: bool = False

    def sentence(self, overrides: Sequence[str] = ()) -> str:
        """The whole sentence.

        Args:
            overrides: As typed; the one at fault is named.
        """
        within = [text for text in overrides for path in self.paths if place_of(text).startswith(f"{path}.")]
        override = culprit(self.paths, overrides) or next(reversed(within), None)
        has_value = self.value is ABSENT or (override is not None and place_of(override) == self.paths[0])
        text = self.text if has_value else f"{self.text}, and is {self.value!r}"
        if override is None:
            return text + ending(tuple(meant.removesuffix("=") for meant in self.meant))
        value = value_shown(override)
        meant = tuple(key + value if key.endswith("=") else key for key in self.meant)
        plus = override[: len(override) - len(override.lstrip("+"))]  # the example needs it as well
        example = plus + self.example if self.example.partition("=")[0] == place_of(override) else self.example
        return f"{shown(override)}: {text}{ending(meant, example)}"


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
    for path in paths:
        above = [text for text in overrides if path == place_of(text) or path.startswith(f"{place_of(text)}.")]
        if above:  # of several for one key Hydra applies the last
            return max(reversed(above), key=lambda text: len(place_of(text)))
    return None


def place_of(override: str) -> str:
    """The dotted key that an override is about; for a group's, where its options go."""
    group, _, package = override.partition("=")[0].lstrip("+~").partition("@")
    return ".".join(split_key(package or group.replace("/", ".")))
