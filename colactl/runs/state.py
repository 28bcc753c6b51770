"""How far a run is, as its status.json says."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from colactl.errors import FULL_DISK, ConfigError
from colactl.runs.files import overwrite_json, read_json, write_json

STATUS = "status.json"
INTERRUPTED = 130  # 128 + SIGINT
STATUSES = ("pending", "running", "done", "failed", "interrupted")


@dataclass(frozen=True)
class State:
    """What was last written.

    Attributes:
        status: One of pending, running, done, failed and interrupted.
        error: The sentence that says why the run failed or stopped.
        exit_code: What its process exited with; None while it has not, or where a signal ended it.
        signal: The number of the signal that ended it.
    """

    status: str = "pending"
    error: str | None = None
    exit_code: int | None = None
    signal: int | None = None

    @classmethod
    def after(cls, status: str, error: BaseException) -> State:
        """The state of a run that an exception has ended."""
        code = error.code if isinstance(error, SystemExit) else getattr(error, "exit_code", 1)
        code = INTERRUPTED if isinstance(error, KeyboardInterrupt) else code
        said = str(error).partition("\n")[0]
        reason = f"SystemExit: {said}" if isinstance(error, SystemExit) else said or type(error).__name__
        return cls(status, reason, code if isinstance(code, int) else 1)

    def write(self, folder: Path) -> None:
        """Replaces the run's status.json in one atomic step; on a full disk it is written over in the room that it has.

        Raises:
            OSError: It cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        told = {**asdict(self), "since": now, "pid": os.getpid()}
        try:
            write_json(folder / STATUS, told)
        except OSError as error:
            if error.errno not in FULL_DISK or not (folder / STATUS).exists():
                raise
            overwrite_json(folder / STATUS, told)


def read_state(folder: Path) -> State:
    """What a run's folder says; pending where it says nothing.

    Raises:
        ConfigError: What it says is not a run's state.
    """
    told = read_json(folder / STATUS) or {}
    if told.get("status", "pending") not in STATUSES:
        raise ConfigError(f"{folder / STATUS} is not as colactl wrote it: there is no such status.")
    error, code, signal = told.get("error"), told.get("exit_code"), told.get("signal")
    return State(
        str(told.get("status", "pending")),
        None if error is None else str(error),
        code if isinstance(code, int) else None,
        signal if isinstance(signal, int) else None,
    )
