"""Overrides in Hydra's grammar: which parse, which sweep, which of Hydra's own have an effect, how long they may be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, Quote, QuotedString, RangeSweep
from hydra.errors import OverrideParseException

from colactl.errors import ConfigError
from colactl.schema.faults import ending, shown, value_shown
from colactl.schema.groups import GROUPS, HONOURED
from colactl.schema.key_path import split_key
from colactl.schema.names import near_keys
from colactl.shell import joined, quoted

# Hydra's parser reads 100,000 plain characters a second, and a list of 2,000 items in half of one; it reads each
# override several times, and twice as many items take four times as long.
MOST_CHARACTERS = 1 << 16
MOST_ITEMS = 2_000  # of lists, mappings and sweeps, or keys in each other
MOST_LEVELS = 50  # of brackets in each other
MOST_JOBS = 100_000  # of a sweep; each one's config is in memory until all are known to be valid

QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
SWEEPER = "; colactl sweep sweeps, and searches with Optuna where it is given --trials N"  # for hydra/sweeper=optuna


def parse(overrides: Sequence[str]) -> list[Override]:
    """Parses overrides, each on its own, so that the error names all that are wrong.

    Raises:
        ConfigError: Some do not parse, or change a part of Hydra that colactl does not use.
    """
    refuse_unfit(overrides)
    parsed: list[Override] = []
    faults: list[str] = []
    for text in overrides:
        try:
            parsed += _parse(text)
        except (OverrideParseException, ValueError):  # a number may have more digits than Python converts
            faults.append(_not_parsed(text))
    faults += [fault for override in parsed if (fault := _not_honoured(override))]
    if faults:
        raise ConfigError("The overrides cannot be used:", "Overrides are KEY=VALUE or GROUP=OPTION.", tuple(faults))
    return parsed


def sound(overrides: Sequence[str]) -> Iterator[Override]:
    """The overrides that parse; composing them later reports the others."""
    for text in overrides:
        with suppress(ConfigError):
            yield from parse([text])


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


def refuse_sweep(overrides: Sequence[str], command: Sequence[str], multirun: bool = False) -> None:
    """Refuses lists of values where one run is wanted.

    Args:
        overrides: As typed.
        command: The words that do it, up to the overrides, such as ["colactl", "sweep"].
        multirun: Whether Hydra's own option for it was typed.

    Raises:
        ConfigError: An override has several values; the hint is the command to type.
    """
    sweeps = [str(override.input_line) for override in sound(overrides) if override.is_sweep_override()]
    sweeps += ["--multirun"] if multirun else []
    if sweeps:
        words = [*command, *(word for text in overrides for word in ("--set", text))]
        verb = "asks" if len(sweeps) == 1 else "ask"
        raise ConfigError(
            f"{' and '.join(sweeps)} {verb} for several runs, and train does one.", f"Type: {joined(words)}"
        )


def refuse_many(sweeps: Sequence[Override]) -> None:
    """Refuses a sweep of more jobs than can be planned, before any is made.

    Args:
        sweeps: Its overrides; those that are no sweep, or a glob, count as one.

    Raises:
        ConfigError: It has too many, or infinitely many.
    """
    sizes = [_size(override) for override in sweeps]
    count = math.prod(sizes)
    if count > MOST_JOBS:
        wide = [str(override.input_line) for override, size in zip(sweeps, sizes, strict=True) if size > 1]
        number = f"{count:,}" if count < 10**18 else "more than a trillion"
        message = f"{' '.join(wide)} asks for {number} jobs, and a sweep may have {MOST_JOBS:,}."
        raise ConfigError(message, "Search among them instead: --trials N")


def range_size(override: Override) -> int:
    """How many values an override's range has.

    Raises:
        ConfigError: Infinitely many, or its step is 0.
    """
    values = override.value()
    assert isinstance(values, RangeSweep)
    start, stop, step = values.start or 0, values.stop or 0, values.step
    if not all(map(math.isfinite, (start, stop, step))) or step == 0:
        raise ConfigError(f"{override.input_line} is no range: its bounds must be numbers, and its step one but 0.")
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int):
        return max(0, -((start - stop) // step))
    return max(0, math.ceil((stop - start) / step))


def chosen_groups(overrides: Sequence[str]) -> list[str]:
    """Those of the overrides that choose an option of a group that training knows."""
    return [str(override.input_line) for override in sound(overrides) if override.key_or_group in GROUPS]


def adds_a_name(override: Override) -> bool:
    """Whether an override adds a key, or a group, below a name that is neither colactl's own nor Hydra's."""
    adds = (override.is_add() or override.is_force_add()) and override.package is None
    return adds and first_part(override.key_or_group) not in (*GROUPS, "hydra")


def first_part(key_or_group: str) -> str:
    """The name at the top of the config that a key or a group is below."""
    return key_or_group.partition(".")[0].partition("/")[0]


def is_honoured(key: str) -> bool:
    """Whether a dotted key of Hydra's own has an effect."""
    return any(key == known or key.startswith(f"{known}.") for known in HONOURED)


def no_value(text: str) -> str:
    """What to type instead of half an override."""
    return f"{text or 'KEY'}=VALUE"


def as_text(value: str) -> str:
    """A value that Hydra reads as that very text, whatever is in it."""
    return str(QuotedString(text=value, quote=Quote.single).with_quotes())


@cache
def _parser() -> OverridesParser:
    """Hydra's, made once: that costs as much as parsing an override."""
    return OverridesParser.create()


def _parse(text: str) -> list[Override]:
    return _parser().parse_overrides([text])  # parse_override lets some of the grammar's own errors through


def _parses(text: str) -> bool:
    try:
        _parse(text)
    except (OverrideParseException, ValueError):
        return False
    return True


def _not_parsed(text: str) -> str:
    key, equals, value = text.partition("=")
    if not equals:
        return f"{shown(text)}: a value is missing{ending((), no_value(text))}"
    grammar = f"{shown(text)}: this is not in Hydra's grammar"
    if value.startswith("="):
        return f"{grammar}{ending([f'{key}{value}'])}"
    key, typed = ".".join(split_key(key.strip())), value_shown(text).strip()
    if key != text.partition("=")[0] and _parses(f"{key}={value.strip()}"):  # spaces about the =, or list[0]
        return f"{grammar}{ending([f'{key}={typed}'])}"
    less = typed.rstrip(", ")
    if less != typed and _parses(f"{key}={value.rstrip(', ')}"):
        return f"{shown(text)}: a comma is left over{ending([f'{key}={less}'])}"
    if typed.startswith("(") and typed.endswith(")") and _parses(listed := f"{key}=[{typed[1:-1]}]"):  # as in Python
        return f"{grammar}{ending([listed])}"
    plain = quoted(f"{key}={as_text(typed)}")
    return f"{grammar}; as a plain text it is {plain}"


def _not_honoured(override: Override) -> str | None:
    name = override.get_key_element().lstrip("+~").partition("@")[0]
    key = name.replace("/", ".")
    if key.partition(".")[0] != "hydra" or is_honoured(key):
        return None
    text = str(override.input_line)
    near = [honoured.replace(".", "/") if "/" in name else honoured for honoured in near_keys(key, HONOURED)]
    used = "" if near else f"; of Hydra's own keys, {', '.join(HONOURED)} are used"
    used = SWEEPER if key.startswith("hydra.sweeper") and not near else used
    corrected = [f"{honoured}={text.partition('=')[2]}" for honoured in near]
    return f"{shown(text)}: this would have no effect{used}{ending(corrected)}"


def _size(override: Override) -> int:
    value = override.value()
    if isinstance(value, RangeSweep):
        return range_size(override)
    return len(value.list) if isinstance(value, ChoiceSweep) else 1


def _levels(text: str) -> int:
    """How many brackets are open at most at the same time; the parser refuses those that do not match."""
    deepest = level = 0
    for character in text:
        level += (character in "[{(") - (character in ")}]")
        deepest = max(deepest, level)
    return deepest
