"""The command line so far: its command, the values of its options and arguments, and what the next word is for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import typer
from typer.core import TyperGroup

LONGEST_HELP = 100  # characters


@dataclass(frozen=True)
class Item:
    """Something that may stand next.

    Attributes:
        text: The whole word. At one that ends with `=`, `.`, `/` or `@` there is more to type.
        comment: A few words on it, for shells that show them.
    """

    text: str
    comment: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the word goes on, and no space should follow."""
        return self.text.endswith(("=", ".", "/", "@"))


@dataclass
class Line:
    """The words before the one that is being typed.

    Attributes:
        command: The command's name.
        given: The values of options, by long name such as `--set`, and of arguments, such as `overrides`.
    """

    command: str = ""
    given: dict[str, list[str]] = field(default_factory=dict)

    @property
    def overrides(self) -> list[str]:
        """In the order in which they apply."""
        return self.given.get("overrides", []) + self.given.get("--set", [])

    @property
    def config_dirs(self) -> list[str]:
        """As typed."""
        return self.given.get("--config-dir", [])

    @property
    def config_name(self) -> str:
        """The primary config."""
        return self.given.get("--config-name", ["config"])[-1]


def complete(group: TyperGroup, words: Sequence[str], word: str) -> list[Item]:
    """What may take the place of `word`, after the words before it.

    Typer's own reading of a line stops at the first option that lacks its value, and loses what was typed before it. So
    Typer's parameters give the answers here, but `_Reader` reads the line.
    """
    reader = _Reader(group, list(words))
    prefix = ""
    if reader.options_end or not word.startswith("-"):
        wanted = reader.waiting or reader.next_argument()
    else:
        option, equals, value = word.partition("=")
        wanted = reader.option(option) if equals else None
        prefix, word = (f"{option}=", value) if wanted else ("", word)
    context = typer.Context(reader.command, obj=reader.line)
    if wanted is None:
        answers = reader.command.shell_complete(context, word)
        answers = [item for item in answers if not reader.is_spent(item.value)]
        for item in answers:
            item.help = reader.help(item.value) or item.help
    else:
        answers = wanted.shell_complete(context, word)
    return [Item(prefix + item.value, item.help or "") for item in answers if item.type == "plain"]


def expanded(path: str) -> str:
    """A path with `~` and `$HOME` filled in, as the shell will do before colactl sees it."""
    return os.path.expandvars(os.path.expanduser(path))  # noqa: PTH111 - Path's own fails where there is no such user


class _Reader:
    """Assigns words to the options and arguments of a command; unknown options are skipped."""

    def __init__(self, group: TyperGroup, words: list[str]) -> None:
        self.command: Any = group
        self.line = Line()
        self.waiting: Any = None  # the option whose value comes next
        self.options_end = False
        self.values: list[str] = []
        for word in words:
            self._read(word)
        for value in self.values:
            if (argument := self.next_argument()) is not None:
                self.line.given.setdefault(argument.opts[0], []).append(value)

    def option(self, name: str) -> Any:
        """The option of a name that takes a value."""
        options = (option for option in self._parameters("option") if name in option.opts)
        return next((option for option in options if not option.is_flag and not option.count), None)

    def next_argument(self) -> Any:
        """The argument that the next plain word is for."""
        for argument in self._parameters("argument"):
            if argument.nargs < 0 or len(self.line.given.get(argument.opts[0], ())) < argument.nargs:
                return argument
        return None

    def help(self, name: str) -> str:
        """What a command is for; Typer cuts it short."""
        commands = self.command.commands if isinstance(self.command, TyperGroup) else {}
        return commands[name].get_short_help_str(LONGEST_HELP) if name in commands else ""

    def is_spent(self, name: str) -> bool:
        """Whether an option was typed already, and may not be repeated."""
        named = [option for option in self._parameters("option") if name in option.opts]
        return any(option.opts[0] in self.line.given and not option.multiple for option in named)

    def _read(self, word: str) -> None:
        if self.waiting is not None:
            self.line.given.setdefault(self.waiting.opts[0], []).append(word)
            self.waiting = None
        elif word == "--" and not self.options_end:
            self.options_end = True
        elif word.startswith("-") and len(word) > 1 and not self.options_end:
            self._read_option(word)
        elif isinstance(self.command, TyperGroup):
            self.command = self.command.commands.get(word, self.command)
            self.line.command = word
        else:
            self.values.append(word)

    def _read_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if equals and (option := self.option(name)) is not None:
            self.line.given.setdefault(option.opts[0], []).append(value)
        elif (option := self.option(word)) is not None:
            self.waiting = option
        else:
            for flag in (option for option in self._parameters("option") if word in option.opts):
                self.line.given.setdefault(flag.opts[0], [])

    def _parameters(self, kind: str) -> list[Any]:
        return [parameter for parameter in self.command.params if parameter.param_type_name == kind]
