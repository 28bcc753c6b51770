"""Overrides in Hydra's grammar: which parse, which sweep, and which of Hydra's own are honoured."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cache

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import OverrideParseException

from colactl.composition.schema import GROUPS
from colactl.errors import ConfigError

HONOURED = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.launcher", "hydra.verbose")


def parse(overrides: Sequence[str]) -> list[Override]:
    """Parses overrides, each on its own, so that all that is wrong with them is told at once.

    Raises:
        ConfigError: Some do not parse, or change a part of Hydra that colactl does not use.
    """
    parser = _parser()
    parsed: list[Override] = []
    faults: list[str] = []
    for text in overrides:
        try:
            parsed += parser.parse_overrides([text])  # parse_override lets some of the grammar's own errors through
        except OverrideParseException as error:
            faults.append(_not_parsed(text, str(error).splitlines()[0]))
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
    asking = [str(override.input_line) for override in parse(overrides) if override.is_sweep_override()]
    asking += ["--multirun"] if multirun else []
    if asking:
        words = [*command, *(word for text in overrides for word in ("--set", text))]
        raise ConfigError(
            f"{' and '.join(asking)} asks for several runs, and train does one.", f"Type: {shlex.join(words)}"
        )


def chosen_groups(overrides: Sequence[str]) -> list[str]:
    """Those of the overrides that choose an option of a group that training knows."""
    return [str(override.input_line) for override in parse(overrides) if override.key_or_group in GROUPS]


def _not_parsed(text: str, reason: str) -> str:
    key, equals, value = text.partition("=")
    if not equals:
        return f"{text!r} has no value: {key}=VALUE."
    return f"{text!r} is not in Hydra's grammar ({reason}); as a plain text it is {_quoted(key, value)}."


def _quoted(key: str, value: str) -> str:
    """The override with its value quoted for Hydra (single quotes, backslash before one) and then for the shell."""
    inner = value.replace("'", "\\'")
    override = f"{key}='{inner}'"
    special = set('"$`\\!')  # what a shell reads within double quotes
    return shlex.quote(override) if special & set(override) else f'"{override}"'


def _not_honoured(override: Override) -> str | None:
    key = override.get_key_element().lstrip("+~").replace("/", ".").partition("@")[0]
    if key.partition(".")[0] != "hydra":
        return None
    if any(key == known or key.startswith(f"{known}.") for known in HONOURED):
        return None
    return f"{override.input_line!r} would have no effect: of Hydra's own keys, {', '.join(HONOURED)} are used."
