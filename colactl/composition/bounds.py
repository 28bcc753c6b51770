"""How much may be typed, and how many jobs it may stand for: a few characters can ask for more than a machine has."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep

from colactl.errors import ConfigError

# Hydra's parser reads 100,000 plain characters a second, and a list of 2,000 items in half of one; of each override it
# is asked for several times, and twice as many items take four times as long.
MOST_CHARACTERS = 1 << 16
MOST_ITEMS = 2_000  # of lists, mappings and sweeps, or keys in each other
MOST_LEVELS = 50  # of brackets in each other
MOST_JOBS = 100_000  # of a sweep; each one's config is in memory until all are known to be valid

QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


def refuse_unfit(overrides: Sequence[str]) -> None:
    """Refuses overrides that would take too long to parse, or that no file can hold.

    Raises:
        ConfigError: There are such.
    """
    hint = "Put the values into a file of your own folder of configs: --config-dir DIR"
    if sum(map(len, overrides)) > MOST_CHARACTERS:
        raise ConfigError(f"The overrides have more than {MOST_CHARACTERS} characters.", hint)
    odd = [text for text in overrides if any("\ud800" <= character <= "\udfff" for character in text)]
    if odd:  # bytes of a file's name, say; a run's own files could not hold it
        raise ConfigError(f"{odd[0]!r} is not valid Unicode.", "Rename the file, or give the key another value.")
    bare = [QUOTED.sub("", text) for text in overrides]
    if sum(text.count(",") + text.count(".") for text in bare) > MOST_ITEMS:
        raise ConfigError(f"The overrides have more than {MOST_ITEMS} values.", hint)
    for text, typed in zip(bare, overrides, strict=True):
        if _levels(text) > MOST_LEVELS:
            raise ConfigError(f"{typed[:40]}... has more than {MOST_LEVELS} brackets within each other.", hint)


def refuse_many(sweeps: Sequence[Override]) -> None:
    """Refuses a sweep of more jobs than can be planned, before there is any.

    Args:
        sweeps: Its overrides; those that are no sweep, or a glob, count as one.

    Raises:
        ConfigError: It has them, or has no end of them.
    """
    sizes = [_size(override) for override in sweeps]
    count = math.prod(sizes)
    if count > MOST_JOBS:
        wide = [str(override.input_line) for override, size in zip(sweeps, sizes, strict=True) if size > 1]
        told = f"{count:,}" if count < 10**18 else "more than a trillion"
        message = f"{' '.join(wide)} asks for {told} jobs, and a sweep may have {MOST_JOBS:,}."
        raise ConfigError(message, "Search among them instead: --trials N")


def range_size(override: Override) -> int:
    """How many values an override's range has.

    Raises:
        ConfigError: It has no end, or cannot begin.
    """
    values = override.value()
    assert isinstance(values, RangeSweep)
    start, stop, step = values.start or 0, values.stop or 0, values.step
    if not all(map(math.isfinite, (start, stop, step))) or step == 0:
        raise ConfigError(f"{override.input_line} is no range: its bounds must be numbers, and its step one but 0.")
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int):
        return max(0, -((start - stop) // step))
    return max(0, math.ceil((stop - start) / step))


def _size(override: Override) -> int:
    value = override.value()
    if isinstance(value, RangeSweep):
        return range_size(override)
    return len(value.list) if isinstance(value, ChoiceSweep) else 1


def _levels(text: str) -> int:
    """How many brackets are open at most at the same time; those that do not match are the parser's affair."""
    deepest = level = 0
    for character in text:
        level += (character in "[{(") - (character in ")}]")
        deepest = max(deepest, level)
    return deepest
