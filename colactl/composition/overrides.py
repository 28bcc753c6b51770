"""Overrides in Hydra's grammar: which parse, which sweep, and which of Hydra's own are honoured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import OverrideParseException

from colactl.composition.bounds import refuse_unfit
from colactl.composition.hydra_port import split_key
from colactl.errors import ConfigError
from colactl.schema.choices import HONOURED
from colactl.schema.faults import ending, shown, value_shown
from colactl.schema.groups import GROUPS
from colactl.schema.names import near_keys
from colactl.shell import joined, quoted

SEARCHES = "; colactl sweep sweeps, and searches with Optuna where it is given --trials N"  # for hydra/sweeper=optuna


def parse(overrides: Sequence[str]) -> list[Override]:
    """Parses overrides, each on its own, so that all that is wrong with them is told at once.

    Raises:
        ConfigError: Some do not parse, or change a part of Hydra that colactl does not use.
    """
    refuse_unfit(overrides)
    parser = _parser()
    parsed: list[Override] = []
    faults: list[str] = []
    for text in overrides:
        try:
            parsed += parser.parse_overrides([text])  # parse_override lets some of the grammar's own errors through
        except (OverrideParseException, ValueError):  # a number may have more digits than Python converts
            faults.append(_not_parsed(text))
    faults += [fault for override in parsed if (fault := _not_honoured(override))]
    if faults:
        raise ConfigError("The overrides cannot be used:", "Overrides are KEY=VALUE or GROUP=OPTION.", tuple(faults))
    return parsed


@cache
def _parser() -> OverridesParser:
    """Hydra's, made once: that costs as much as parsing an override."""
    return OverridesParser.create()


def refuse_sweep(overrides: Sequence[str], command: Sequence[str], multirun: bool = False) -> None:
    """Refuses lists of values where one run is wanted.

    Args:
        overrides: As typed.
        command: The words that do it, up to the overrides, such as ["colactl", "sweep"].
        multirun: Whether Hydra's own option for it was typed.

    Raises:
        ConfigError: An override has several values; the hint is the command to type.
    """
    asking = [str(override.input_line) for override in sound(overrides) if override.is_sweep_override()]
    asking += ["--multirun"] if multirun else []
    if asking:
        words = [*command, *(word for text in overrides for word in ("--set", text))]
        verb = "asks" if len(asking) == 1 else "ask"
        raise ConfigError(
            f"{' and '.join(asking)} {verb} for several runs, and train does one.", f"Type: {joined(words)}"
        )


def chosen_groups(overrides: Sequence[str]) -> list[str]:
    """Those of the overrides that choose an option of a group that training knows."""
    return [str(override.input_line) for override in sound(overrides) if override.key_or_group in GROUPS]


def sound(overrides: Sequence[str]) -> Iterator[Override]:
    """The overrides that parse; what is wrong with the others is told with all else, when they are composed."""
    for text in overrides:
        with suppress(ConfigError):
            yield from parse([text])


def adds_a_name(override: Override) -> bool:
    """Whether an override adds a key, or a group, below a name that is none of colactl's own nor Hydra's."""
    adds = (override.is_add() or override.is_force_add()) and override.package is None
    return adds and name_at_the_top(override.key_or_group) not in (*GROUPS, "hydra")


def name_at_the_top(key_or_group: str) -> str:
    """The first part of a key or of a group."""
    return key_or_group.partition(".")[0].partition("/")[0]


def is_honoured(key: str) -> bool:
    """Whether a dotted key of Hydra's own has an effect."""
    return any(key == known or key.startswith(f"{known}.") for known in HONOURED)


def no_value(text: str) -> str:
    """What to type instead of half an override."""
    return f"{text or 'KEY'}=VALUE"


def _not_parsed(text: str) -> str:
    key, equals, value = text.partition("=")
    if not equals:
        return f"{shown(text)}: a value is missing{ending((), no_value(text))}"
    if value.startswith("="):
        return f"{shown(text)}: this is not in Hydra's grammar{ending([f'{key}{value}'])}"
    key, typed = ".".join(map(str, split_key(key.strip()))), value_shown(text).strip()
    if key != text.partition("=")[0] and _parses(f"{key}={value.strip()}"):  # spaces about the =, or list[0]
        return f"{shown(text)}: this is not in Hydra's grammar{ending([f'{key}={typed}'])}"
    less = typed.rstrip(", ")
    if less != typed and _parses(f"{key}={value.rstrip(', ')}"):
        return f"{shown(text)}: a comma is left over{ending([f'{key}={less}'])}"
    if typed.startswith("(") and typed.endswith(")") and _parses(listed := f"{key}=[{typed[1:-1]}]"):  # as in Python
        return f"{shown(text)}: this is not in Hydra's grammar{ending([listed])}"
    plain = quoted(f"{key}={as_text(typed)}")
    return f"{shown(text)}: this is not in Hydra's grammar; as a plain text it is {plain}"


def as_text(value: str) -> str:
    """A value that Hydra reads as that very text, whatever is in it."""
    return str(QuotedString(text=value, quote=Quote.single).with_quotes())


def _parses(text: str) -> bool:
    try:
        _parser().parse_overrides([text])
    except (OverrideParseException, ValueError):
        return False
    return True


def _not_honoured(override: Override) -> str | None:
    name = override.get_key_element().lstrip("+~").partition("@")[0]
    key = name.replace("/", ".")
    if key.partition(".")[0] != "hydra" or is_honoured(key):
        return None
    text = str(override.input_line)
    near = [each.replace(".", "/") if "/" in name else each for each in near_keys(key, HONOURED)]
    meant = [f"{each}={text.partition('=')[2]}" for each in near]
    used = "" if meant else f"; of Hydra's own keys, {', '.join(HONOURED)} are used"
    used = SEARCHES if key.startswith("hydra.sweeper") and not meant else used
    return f"{shown(text)}: this would have no effect{used}{ending(meant)}"
