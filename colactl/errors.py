"""Every way a command can fail, each with its exit code.

Library code raises these; `colactl.cli.boundary` turns one into a line or two on stderr and an exit code.
"""

from __future__ import annotations


class ColactlError(Exception):
    """A failure that is reported to the user without a traceback.

    Args:
        message: What is wrong and where, as one sentence.
        hint: The next command to type, or what to change; may be empty.
        faults: What is wrong, where it is several things; they follow the message, numbered.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", faults: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint, faults)  # what pickle passes to __init__ when an error comes from a worker
        self.message = message
        self.hint = hint
        self.faults = faults

    def __str__(self) -> str:
        numbered = [f"  {number}. {fault}" for number, fault in enumerate(self.faults, 1)]
        return "\n".join([self.message, *numbered, *([self.hint] if self.hint else [])])


def first_line(error: BaseException) -> str:
    """An error's first line of text, to quote in ours."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


class TrainingError(ColactlError):
    """The work itself failed: exit code 1."""


def as_training_error(error: BaseException, hint: str) -> TrainingError:
    """Another library's exception in one sentence."""
    reason = str(error).partition("\n")[0]
    return TrainingError(f"Training failed with {type(error).__name__}: {reason}", hint)


class ConfigError(ColactlError):
    """The command line or the config is wrong: exit code 2."""

    exit_code = 2


class DataError(ColactlError):
    """The data is not available or cannot be read: exit code 3."""

    exit_code = 3


class ModelError(ColactlError):
    """The model or its tokenizer is not available or cannot be loaded: exit code 3."""

    exit_code = 3


class SweepError(ColactlError):
    """Some jobs of a sweep failed: exit code 4."""

    exit_code = 4


class Interrupted(ColactlError):  # noqa: N818 - an interruption is not an error
    """The user or the system asked the work to stop: exit code 128 plus the signal's number."""

    def __init__(self, message: str, hint: str = "", signal_number: int = 2) -> None:
        super().__init__(message, hint)
        self.args = (message, hint, signal_number)
        self.exit_code = 128 + signal_number
