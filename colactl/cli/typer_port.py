"""What colactl needs of Typer, and of the Click inside it, that is not public, in one place.

Tried with 0.29.0 and 0.29.2. It imports nothing that a shell's completion would have to wait for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PLAIN: dict[Any, type] = {str: str, list[str]: str, Path: Path, list[Path]: Path}  # texts, with nothing to check


def lighten(parameters: list[Any]) -> list[Any]:
    """Spares commands the import of pydantic, which takes a third of `show-config`: most values are mere texts.

    It needs `_runtime_param` (since 0.29, the first that takes pydantic), where a parameter keeps what converts its
    values; `Late` stands there until something must be checked. Without it Typer converts everything itself, and
    commands start later.

    Args:
        parameters: Of a Typer command.

    Returns:
        The same.
    """
    for parameter in parameters:
        if hasattr(parameter, "_runtime_param") and hasattr(parameter, "get_runtime_param"):
            parameter._runtime_param = Late(parameter)
    return parameters


class Late:
    """Gives texts, paths and what was not given as they are; for all else it is Typer's own converter.

    Args:
        parameter: Whose values it converts.
    """

    def __init__(self, parameter: Any) -> None:
        self._parameter = parameter

    def coerce(self, value: Any, *arguments: Any, **named: Any) -> Any:
        """What a command gets for a value of the command line."""
        try:
            several = self._parameter.multiple or self._parameter.nargs == -1
            if value is None:
                return () if several else None
            if value is self._parameter.default:  # one that the command itself gives
                return value
            described = self._parameter.type_descriptor
            info, kind = described.parameter_info, PLAIN.get(described.annotation)
            if kind is not None and not (info.exists or info.resolve_path or info.parser):
                return [kind(text) for text in value] if several else kind(value)
        except AttributeError:  # it is described in another way than is known
            pass
        return self._typers.coerce(value, *arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._typers, name)

    @property
    def _typers(self) -> Any:
        self._parameter._runtime_param = None
        return self._parameter.get_runtime_param()


def disable_colour() -> None:
    """Keeps Typer's help and errors plain, whatever CI's variables say; to be called before anything is shown.

    It needs the variable `_TYPER_FORCE_DISABLE_TERMINAL` (since 0.6), which Typer's module for Rich reads when it is
    imported. Importing that here, to set what it has public, would cost every command 50 ms. Without it a pipe gets
    escape bytes where GITHUB_ACTIONS, FORCE_COLOR or PY_COLORS is set.
    """
    os.environ["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"


def replace_in_scripts(replacements: Mapping[str, tuple[tuple[str, str], ...]]) -> None:
    """Replaces texts in the scripts that `--install-completion` writes, for as long as this process lasts.

    It needs `_completion_scripts` (since 0.4 at the latest), a dictionary of templates by shell. Without it, or where
    it has other texts, Typer's own scripts are written.

    Args:
        replacements: By shell's name: texts, and what stands in their place.
    """
    scripts = getattr(sys.modules.get("typer._completion_shared"), "_completion_scripts", {})
    for shell in replacements.keys() & scripts.keys():
        for text, better in replacements[shell]:
            scripts[shell] = scripts[shell].replace(text, better)


def asking_shell() -> str:
    """The shell that asks what may come next; empty where none does.

    Like the two functions below it needs the variables of the scripts that `--install-completion` has written, of
    this Typer or of an earlier one (since 0.4 at the latest). Where another Typer writes others, it answers the shell
    itself.
    """
    how, _, shell = os.environ.get("_COLACTL_COMPLETE", "").partition("_")
    return shell if how == "complete" else ""


def typed_line() -> str:
    """The command line that zsh or fish asks about, up to the cursor."""
    return os.environ["_TYPER_COMPLETE_ARGS"]


def fish_asks_whether() -> bool:
    """Whether fish asks if there is anything, and not what."""
    return os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args"


def is_usage(error: Exception) -> bool:
    """Whether it is one of Typer's own errors, which carry their exit code and show themselves.

    It needs two attributes of the class `UsageError` (Click's, carried by Typer since 0.26), of which only one
    subclass is public. Without them such an error is reported in our own words.
    """
    return hasattr(error, "exit_code") and hasattr(error, "format_message")


def message(error: Exception) -> str:
    """What one of Typer's own errors says."""
    return str(getattr(error, "message", error))


def say(error: Exception, text: str) -> None:
    """Makes one of Typer's own errors say something else."""
    error.message = text  # type: ignore[attr-defined]  # of every error of Click


@dataclass(frozen=True)
class UnknownOption:
    """Typer's error about an option that a command does not have.

    Attributes:
        option: As typed, such as `--epochs`.
        options: Those that the command has.
        command: Its name.
        before: Whether the option stood before any command.
    """

    option: str
    options: tuple[str, ...]
    command: str
    before: bool
    _error: Any = field(repr=False)

    def say(self, text: str) -> None:
        """Adds to the error what was meant; Typer's own guess is left out."""
        self._error.message, self._error.possibilities = f"{self._error.message}. {text}", None


def unknown_option(error: Exception) -> UnknownOption | None:
    """What an error says of an unknown option; None for any other.

    It needs the attributes of `NoSuchOption` (Click's, likewise). Without them Typer's own message is left as it is.
    """
    context = getattr(error, "ctx", None)
    if context is None or not hasattr(error, "possibilities") or not hasattr(error, "option_name"):
        return None
    own = tuple(options_of(context.command))
    return UnknownOption(error.option_name, own, context.info_name, context.parent is None, error)


def options_of(command: Any) -> Iterator[str]:
    """The long names of a Typer command's options."""
    for parameter in command.params:
        yield from (name for name in parameter.opts if name.startswith("--"))
