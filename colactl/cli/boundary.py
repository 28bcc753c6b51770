"""The one place where an exception becomes a line on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from colactl.cli.output import drop_stdout
from colactl.cli.parameters import lighten
from colactl.cli.usage import mend_command, mend_option
from colactl.errors import ColactlError, ConfigError
from colactl.redaction import redacted

NO_HOME, NUL = "Could not determine home directory", "embedded null"  # pathlib's words, and the system's
SHOWN = 200  # characters of a name
INTERRUPTED = 130  # 128 + SIGINT
FAILED = 1


class Boundary(TyperGroup):
    """A group of commands whose errors end here, also under Typer's test runner."""

    def get_params(self, ctx: Any) -> Any:
        """The group's own options, --help among them."""
        return lighten(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Finds a command by its name."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            lighten(command.get_params(ctx))
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads what stands before the command."""
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            mend_option(error, (), self.commands)
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Finds the command."""
        try:
            return super().resolve_command(ctx, args)
        except Exception as error:
            if _is_usage(error):
                mend_command(error, args, list(self.commands))
            raise

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Answers a shell that asks what may come next, or else runs the command line."""
        how, _, shell = os.environ.get("_COLACTL_COMPLETE", "").partition("_")
        if how == "complete":
            from colactl.cli.completion.answer import SHELLS, answer

            if shell in SHELLS:  # Typer itself answers the others
                sys.exit(answer(self, shell))
        return super().main(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        words = list(ctx.args)  # after the command
        try:
            return super().invoke(ctx)
        except ColactlError as error:
            _tell(f"colactl: {error}")
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            _tell("colactl: interrupted.")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            drop_stdout()  # whoever reads has seen enough, as `head` does
            raise typer.Exit(0) from error
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if _is_usage(error):
                mend_option(error, words, self.commands)
                raise
            if told := _of_a_name(error):
                _tell(f"colactl: {told}.")
                raise typer.Exit(ConfigError.exit_code) from error
            _tell(f"colactl: an error that it should have foreseen: {type(error).__name__}: {_first_line(error)}")
            _tell("Run again with COLACTL_TRACEBACK=1 to see where, and report it.", trace=False)
            raise typer.Exit(FAILED) from error


def _tell(text: str, trace: bool = True) -> None:
    if sys.stderr is None:  # closed by the caller; the exit code still tells
        return
    if trace and os.environ.get("COLACTL_TRACEBACK") == "1":
        traceback.print_exc()
    text = redacted(text)  # what is typed, and what a library quotes, ends in other people's logs too
    sys.stderr.write(
        f"{text}\n".encode(sys.stderr.encoding or "utf-8", "replace").decode(sys.stderr.encoding or "utf-8")
    )


def _of_a_name(error: Exception) -> str | None:
    """What the system says of a name that can be no file's, which may stand at any place of a command or a config."""
    if isinstance(error, OSError) and error.errno in (errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES):
        return f"{error.strerror}: {str(error.filename)[:SHOWN]}"
    if isinstance(error, ValueError) and str(error).startswith(NUL):
        return "A name holds a NUL byte"
    if isinstance(error, RuntimeError) and str(error).startswith(NO_HOME):
        return "There is no such user whose home ~ would stand for"
    return None


def _is_usage(error: Exception) -> bool:
    """Typer's own errors carry their exit code and show themselves."""
    return hasattr(error, "exit_code") and hasattr(error, "format_message")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
