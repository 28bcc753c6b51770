"""The group of all commands: what they raise becomes a message on stderr and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import typer
from typer.core import TyperGroup

from colactl.cli.output import drop_stdout
from colactl.cli.typer_port import asking_shell, is_usage, lighten, message, options_of, say, unknown_option
from colactl.errors import ColactlError, ConfigError
from colactl.redaction import redacted

FAILED, INTERRUPTED = 1, 130  # exit codes; the second is 128 + SIGINT
BAD_NAME = (errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES)
NO_HOME, NUL = "Could not determine home directory", "embedded null"  # how messages of pathlib and of the system begin
LONGEST_NAME = 200  # characters of a file's name in a message

SET = "--set"
PARALLEL = ("--jobs", "--n-jobs", "--workers", "--num-workers", "--parallel")  # other tools' names for n_jobs
INSTEAD = {"--dry-run": "`colactl show-config` checks the config of a run."}


class CommandGroup(TyperGroup):
    """The group of all commands. It reports their errors, also under Typer's test runner."""

    def get_params(self, ctx: Any) -> Any:
        """Returns the group's own options, --help among them."""
        return lighten(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Returns a command by its name."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            lighten(command.get_params(ctx))
        return command

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """Parses what stands before a command; --help and --version write here."""
        with reporting_errors():
            return super().make_context(*arguments, **named)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the options that stand before a command."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            suggest_option(error, words, self.commands)
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Finds the command that was typed."""
        try:
            return super().resolve_command(ctx, args)
        except Exception as error:
            suggest_command(error, args, list(self.commands))
            raise

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Answers a shell that asks for completions, or else runs the command line."""
        if shell := asking_shell():
            from colactl.cli.completion.shells import SHELLS, answer

            if shell in SHELLS:  # Typer itself answers the others
                gc.disable()  # saves a twentieth of the time, in a process that ends at once
                sys.exit(answer(self, shell))
        return super().main(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        words = list(ctx.args)  # after the command
        with warnings.catch_warnings(), reporting_errors():  # --quiet sets who hears warnings, for this command only
            try:
                return super().invoke(ctx)
            except Exception as error:
                suggest_option(error, words, self.commands)
                raise


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Turns an error into a message on stderr and an exit code; Typer's own errors report themselves."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt as error:
        _write("colactl: interrupted.")
        raise typer.Exit(INTERRUPTED) from error
    except BrokenPipeError as error:
        drop_stdout()  # the reader has seen enough, as `head` does
        raise typer.Exit(0) from error
    except Exception as error:
        if is_usage(error):
            raise
        raise typer.Exit(_report(error)) from error


def _report(error: Exception) -> int:
    """Writes an error to stderr and returns its exit code."""
    if isinstance(error, ColactlError):
        _write(f"colactl: {error}")
        return error.exit_code
    if problem := _bad_name(error):
        _write(f"colactl: {problem}.")
        return ConfigError.exit_code
    from colactl.runs.files import DISK_FULL

    if isinstance(error, OSError) and error.errno in DISK_FULL:
        drop_stdout()  # the full disk may be behind it
        where = f" to {str(error.filename)[:LONGEST_NAME]}" if error.filename else ""  # a failed write names no file
        _write(f"colactl: nothing can be written{where}: {error.strerror}.")
        return FAILED
    first = str(error).partition("\n")[0]
    _write(f"colactl: unexpected error: {type(error).__name__}: {first}")
    _write("Run again with COLACTL_TRACEBACK=1 to see where, and report it.", trace=False)
    return FAILED


def _bad_name(error: Exception) -> str | None:
    """What is wrong with a file's name, which may stand anywhere in a command or a config."""
    if isinstance(error, OSError) and error.errno in BAD_NAME:
        return f"{error.strerror}: {str(error.filename)[:LONGEST_NAME]}"
    if isinstance(error, ValueError) and str(error).startswith(NUL):
        return "A name holds a NUL byte"
    if isinstance(error, RuntimeError) and str(error).startswith(NO_HOME):
        return "The user named after ~ does not exist"
    return None


def _write(text: str, trace: bool = True) -> None:
    if sys.stderr is None:  # the caller closed it; the exit code is enough
        return
    if trace and os.environ.get("COLACTL_TRACEBACK") == "1":
        text = f"{traceback.format_exc()}{text}"
    text = redacted(text)  # what was typed, and what a library quotes, ends in other people's logs too
    encoding = sys.stderr.encoding or "utf-8"
    with suppress(OSError):  # the reader has gone; the exit code is enough
        sys.stderr.write(f"{text}\n".encode(encoding, "replace").decode(encoding))
        sys.stderr.flush()


def suggest_command(error: Exception, words: Sequence[str], commands: Sequence[str]) -> None:
    """Adds to Typer's error the command that the user probably meant, where Typer names none.

    Args:
        error: Typer's.
        words: What was typed after `colactl`.
        commands: The names of all commands.
    """
    from colactl.shell import joined

    typed = words[0] if words else ""
    near = [name for name in commands if typed and typed in name.split("-")]
    if "=" in typed:
        say(error, f"Overrides go after a command: {joined(['colactl', 'train', *words])}")
    elif near and "Did you mean" not in message(error):
        say(error, f"{message(error).rstrip('.')}. Did you mean {' or '.join(map(repr, near))}?")


def suggest_option(error: Exception, words: Sequence[str], commands: Mapping[str, Any]) -> None:
    """Adds to Typer's error about an unknown option what the user probably meant.

    That is another option, an option of another command, or an override.

    Args:
        error: Any; one that is about something else is left as it is.
        words: What was typed after the command; all of it where the option stands before.
        commands: All commands, by name.
    """
    unknown = unknown_option(error)
    if unknown is None:
        return
    from colactl.schema.names import nearest

    option = unknown.option
    owners = [name for name, command in commands.items() if option in options_of(command)]
    if owners and unknown.before:
        command = next((name for name in owners if name in words), owners[0])
        unknown.say(f"It goes after the command: colactl {command} {option}.")
    elif owners:
        others = " and ".join(f"`colactl {name}`" for name in owners)
        text = f"{others} {'has' if len(owners) == 1 else 'have'} it, and `colactl {unknown.command}` has not."
        unknown.say(f"{text} {INSTEAD[option]}" if option in INSTEAD else text)
    else:
        near = nearest(option, sorted(unknown.options))
        value = _value(option, words)
        suggestion = near
        if "--retries" in unknown.options and option in PARALLEL:
            suggestion = f"{SET} hydra/launcher=joblib {SET} hydra.launcher.n_jobs={value}"
        elif "--config-name" in unknown.options:  # the command composes a whole config
            suggestion = _override(option, value, exact=near is not None) or near
        if suggestion:
            unknown.say(f"Did you mean {suggestion}?")


def _override(option: str, value: str, exact: bool) -> str | None:
    """The override that an option stands for: `--epochs 3` is `--set training.max_epochs=3`.

    Args:
        option: As typed.
        value: What was typed for it.
        exact: Whether the key's name must be the option's, or another tool's name for it.
    """
    from omegaconf import OmegaConf

    from colactl.composition.compose import compose
    from colactl.schema.key_path import keys_of
    from colactl.schema.names import near_keys, other_names
    from colactl.shell import joined

    name = option.lstrip("-").replace("-", "_")
    keys = near_keys(name, tuple(keys_of(OmegaConf.to_container(compose().config))))
    if exact:
        keys = tuple(key for key in keys if name in (key, key.rpartition(".")[2]) or other_names().get(name) == key)
    return " or ".join(joined([SET, f"{key}={value}"]) for key in keys) or None


def _value(option: str, words: Sequence[str]) -> str:
    """What was typed for an option."""
    for word, following in zip(words, [*words[1:], "-"], strict=True):
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option and not following.startswith("-"):
            return following
    return "VALUE"
