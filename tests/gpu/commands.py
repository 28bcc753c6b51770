"""Commands in processes of their own that end in time, and all that they started with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.contenders import ROOT

TAIL_LINES = 60  # of what a failed command said
COLACTL = (sys.executable, "-m", "colactl")


class CommandError(Exception):
    """A command failed; its text is the command, what happened, and what the command said last."""


class OutOfTimeError(CommandError):
    """A command did not end in time."""


@dataclass(frozen=True)
class Done:
    """A command that exited with 0.

    Attributes:
        out: What it wrote to stdout.
        started: Seconds since the epoch.
        ended: As above.
    """

    out: str
    started: float
    ended: float


class Command:
    """A command that runs; made by `running`.

    Args:
        words: The program and its arguments.
        folder: Where it runs, and where its output is kept.
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self.words = list(map(str, words))
        number = len(list(folder.glob("*.out")))
        # Files, because a pipe stays open for as long as any process that inherited it lives.
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.started = time.time()
            self.process = subprocess.Popen(
                self.words,
                cwd=folder,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,  # a process group, which can be killed as one
            )

    def done(self, seconds: float) -> Done:
        """Waits for its end.

        Args:
            seconds: The most that it may still take.

        Raises:
            OutOfTimeError: It did not end in time.
            CommandError: It ended with another exit code than 0.
        """
        try:
            code = self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            took = time.time() - self.started
            raise self.failure(f"was killed after {took:.0f} s: out of time", OutOfTimeError) from None
        if code:
            raise self.failure(f"exit code {code}")
        return Done(self._out.read_text(), self.started, time.time())

    def failure(self, what: str, kind: type[CommandError] = CommandError) -> CommandError:
        """The error that says what went wrong, and what the command said."""
        return kind(f"{' '.join(self.words)}\n{what}\n{tail(self._err.read_text(errors='replace'))}")

    def kill(self) -> None:
        """Ends it and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(words: Sequence[str], folder: Path) -> Iterator[Command]:
    """Starts a command, and leaves none of its processes behind."""
    command = Command(words, folder)
    try:
        yield command
    finally:
        command.kill()


def run(words: Sequence[str], folder: Path, seconds: float) -> Done:
    """Runs a command to its end.

    Args:
        words: The program and its arguments.
        folder: Where it runs, and where its output is kept.
        seconds: The most that it may take.

    Raises:
        CommandError: See `Command.done`.
    """
    with running(words, folder) as command:
        return command.done(seconds)


def environment(folder: Path) -> dict[str, str]:
    """No network, tracebacks in full, caches of their own, and one GPU."""
    paths = [str(Path(path).absolute()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {
        "CUDA_VISIBLE_DEVICES": "0",  # of several, the Trainer would take all
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *paths]),
        "COLACTL_TRACEBACK": "1",
        "HF_DATASETS_CACHE": str(folder / "cache" / "datasets"),
        "HF_HOME": str(folder / "cache" / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
    }


def tail(text: str, lines: int = TAIL_LINES) -> str:
    """The last lines of a text."""
    return "\n".join(text.rstrip().splitlines()[-lines:])
