"""Quotes arguments for the shell in use, in commands for the user to type."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

READ_IN_DOUBLE_QUOTES = set('"$`\\!')  # characters with a meaning there in some shell


def quoted(argument: str, shell: str | None = None) -> str:
    """An argument as the user would type it.

    Args:
        argument: Any text.
        shell: The name of a shell, such as fish; None is the shell in use.
    """
    if shlex.quote(argument) == argument:
        return argument
    if "'" in argument and not READ_IN_DOUBLE_QUOTES & set(argument):
        return f'"{argument}"'
    if (shell or shell_in_use()) == "fish":  # the only one that reads backslashes between single quotes
        return "'" + argument.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return shlex.quote(argument)


def joined(words: Sequence[str], shell: str | None = None) -> str:
    """A command as the user would type it."""
    return " ".join(quoted(word, shell) for word in words)


def shell_in_use() -> str:
    """The name of the shell that this process was started from; the user's login shell if that is not known."""
    import shellingham  # here, because few commands need it

    try:
        name, _ = shellingham.detect_shell()
        return str(name)
    except (shellingham.ShellDetectionFailure, RuntimeError, OSError):
        return Path(os.environ.get("SHELL", "sh")).name


def relative(folder: Path) -> str:
    """A folder as the user would type it in the working directory."""
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)
