"""An exception becomes a line on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

from colactl.cli.output import drop_stdout
from colactl.cli.typer_port import is_usage
from colactl.errors import ColactlError, ConfigError
from colactl.redaction import redacted

NO_HOME, NUL = "Could not determine home directory", "embedded null"  # pathlib's words, and the system's
SHOWN = 200  # characters of a name
INTERRUPTED = 130  # 128 + SIGINT
FAILED = 1
NO_NAME = (errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES)


@contextmanager
def told() -> Iterator[None]:
    """Tells what is raised within, and ends with its exit code; Typer's own errors show themselves."""
    try:
        yield
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
        if is_usage(error):
            raise
        raise typer.Exit(_tell_of(error)) from error


def _tell_of(error: Exception) -> int:
    """Tells of an error that is none of ours; returns the exit code."""
    if of_a_name := _of_a_name(error):
        _tell(f"colactl: {of_a_name}.")
        return ConfigError.exit_code
    from colactl.runs.files import DISK_FULL

    if isinstance(error, OSError) and error.errno in DISK_FULL:
        drop_stdout()  # in case that it is what is full
        where = f" to {str(error.filename)[:SHOWN]}" if error.filename else ""  # what is written to does not say so
        _tell(f"colactl: nothing can be written{where}: {error.strerror}.")
        return FAILED
    first = str(error).partition("\n")[0]
    _tell(f"colactl: an error that it should have foreseen: {type(error).__name__}: {first}")
    _tell("Run again with COLACTL_TRACEBACK=1 to see where, and report it.", trace=False)
    return FAILED


def _of_a_name(error: Exception) -> str | None:
    """What the system says of a name that can be no file's, which may stand at any place of a command or a config."""
    if isinstance(error, OSError) and error.errno in NO_NAME:
        return f"{error.strerror}: {str(error.filename)[:SHOWN]}"
    if isinstance(error, ValueError) and str(error).startswith(NUL):
        return "A name holds a NUL byte"
    if isinstance(error, RuntimeError) and str(error).startswith(NO_HOME):
        return "There is no such user whose home ~ would stand for"
    return None


def _tell(text: str, trace: bool = True) -> None:
    if sys.stderr is None:  # closed by the caller; the exit code still tells
        return
    if trace and os.environ.get("COLACTL_TRACEBACK") == "1":
        text = f"{traceback.format_exc()}{text}"
    text = redacted(text)  # what is typed, and what a library quotes, ends in other people's logs too
    encoding = sys.stderr.encoding or "utf-8"
    with suppress(OSError):  # whoever read it went away; the exit code still tells
        sys.stderr.write(f"{text}\n".encode(encoding, "replace").decode(encoding))
        sys.stderr.flush()
