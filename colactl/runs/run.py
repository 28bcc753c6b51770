"""A run's folder: the names of its files, how far the run is, and what came of it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colactl.errors import ConfigError, Interrupted
from colactl.redaction import redacted
from colactl.runs.files import DISK_FULL, is_locked, overwrite_json, read_json, take_lock, write_json, write_text
from colactl.schema.config_files import load

if TYPE_CHECKING:
    from omegaconf import DictConfig

# The names of what is in a run's folder.
STATUS = "status.json"
RESULT = "result.json"
PROVENANCE = "provenance.json"
CONFIG = "config.yaml"  # resolved; and in `.hydra/`, as it was composed
HYDRA = ".hydra"
OVERRIDES = "overrides.yaml"  # in `.hydra/`
METRICS = "metrics.csv"
CHECKPOINTS = "checkpoints"
MODEL = "model"
PLOTS = "plots"
LOG = "train.log"
LOCK = ".lock"

STATUSES = ("pending", "running", "done", "failed", "interrupted")
INTERRUPTED = 130  # exit code: 128 + SIGINT
NO_RUN = "Give the folder that colactl train printed."


@dataclass(frozen=True)
class State:
    """How far a run is, as its status.json says.

    Attributes:
        status: One of `STATUSES`.
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
        text = str(error).partition("\n")[0]
        reason = f"SystemExit: {text}" if isinstance(error, SystemExit) else text or type(error).__name__
        return cls(status, reason, code if isinstance(code, int) else 1)

    @classmethod
    def read(cls, folder: Path) -> State:
        """What a run's folder says; pending where it says nothing.

        Raises:
            ConfigError: What it says is not a run's state.
        """
        content = read_json(folder / STATUS) or {}
        status, error = content.get("status", "pending"), content.get("error")
        if status not in STATUSES:
            raise ConfigError(f"{folder / STATUS} is not as colactl wrote it: there is no such status.")
        code, signal = (
            value if isinstance(value, int) else None for value in (content.get("exit_code"), content.get("signal"))
        )
        return cls(status, None if error is None else str(error), code, signal)

    def write(self, folder: Path) -> None:
        """Replaces the run's status.json in one atomic step; on a full disk it is overwritten in the room that it has.

        Raises:
            OSError: It cannot be written.
        """
        since = datetime.now(UTC).isoformat(timespec="seconds")
        content = {**asdict(self), "since": since, "pid": os.getpid()}
        try:
            write_json(folder / STATUS, content)
        except OSError as error:
            if error.errno not in DISK_FULL or not (folder / STATUS).exists():
                raise
            overwrite_json(folder / STATUS, content)


@dataclass(frozen=True)
class Run:
    """A training run, on disk.

    Attributes:
        folder: Absolute path of the run's folder.
    """

    folder: Path

    @property
    def result(self) -> dict[str, Any] | None:
        """The final metrics, flat; None until the run is complete.

        Raises:
            ConfigError: Their file was damaged.
        """
        return read_json(self.folder / RESULT)

    @property
    def done(self) -> bool:
        """Whether it is complete."""
        return (self.folder / RESULT).exists()

    @property
    def status(self) -> str:
        """One of `STATUSES`.

        A run whose process was killed still says running on disk; its lock is free, and so it reads as interrupted.
        """
        if self.done:
            return "done"
        written = self.state.status
        return "interrupted" if written in ("running", "done") and not is_locked(self.folder / LOCK) else written

    @property
    def state(self) -> State:
        """What its status.json says; `status` also asks whether its process is there. A damaged file is a failure."""
        try:
            return State.read(self.folder)
        except ConfigError as error:
            return State("failed", self.damage(error))

    @property
    def exit_code(self) -> int | None:
        """What `colactl train` would have exited with; None while the run is not at its end, or where it was killed."""
        return 0 if self.done else self.state.exit_code

    @property
    def error(self) -> str | None:
        """The sentence that says why the run failed, if it did."""
        return self.state.error

    def damage(self, error: ConfigError) -> str:
        """What is wrong with one of its files, which is named as it is called in the folder."""
        return error.message.removeprefix(f"{self.folder}/")

    @property
    def config_file(self) -> Path:
        """Where its config is: as it trained, or, for a run that ended before it could train, as it was composed.

        Raises:
            ConfigError: There is no run.
        """
        known = any((self.folder / name).exists() for name in (STATUS, PROVENANCE, HYDRA))  # else it is any config
        for file in (self.folder / CONFIG, self.folder / HYDRA / CONFIG):
            if known and file.is_file():
                return file
        raise ConfigError(f"{self.folder} is no run's folder.", NO_RUN)

    @property
    def config(self) -> DictConfig:
        """What `config_file` holds.

        Raises:
            ConfigError: There is no run, or its config cannot be read.
        """
        from omegaconf import DictConfig  # what only asks for a run's state does without

        file = self.config_file
        config = load(file)
        if not isinstance(config, DictConfig):
            raise ConfigError(f"{file} is no config.", NO_RUN)
        return config

    @property
    def overrides(self) -> tuple[str, ...]:
        """Those that its config was composed with; none where that was not recorded.

        Raises:
            ConfigError: Their file cannot be read.
        """
        file = self.folder / HYDRA / OVERRIDES
        if not file.is_file():
            return ()
        from omegaconf import OmegaConf

        recorded = OmegaConf.to_container(load(file), resolve=False)  # one may hold an interpolation
        if not isinstance(recorded, list):
            raise ConfigError(f"{file} is no list of overrides.", "Mend it, or take it away.")
        return tuple(map(str, recorded))

    @property
    def provenance(self) -> dict[str, Any] | None:
        """What `write_provenance` recorded, or None before that."""
        return read_json(self.folder / PROVENANCE)

    def write_config(self, config: DictConfig) -> None:
        """Records the config that is about to train, resolved."""
        from omegaconf import OmegaConf

        write_text(self.folder / CONFIG, OmegaConf.to_yaml(config, resolve=True))

    def write_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Records where the run comes from."""
        write_json(self.folder / PROVENANCE, provenance)

    def complete(self, result: Mapping[str, Any]) -> None:
        """Writes the final metrics: the last file of a run, there if and only if the run is complete."""
        write_json(self.folder / RESULT, result)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Holds the run while it works, and records how it ends.

        Whatever is raised inside is recorded, its traceback in the run's own log, and raised again.

        Raises:
            ConfigError: Another process holds it.
        """
        with (self.folder / LOCK).open("w") as lock:
            try:
                take_lock(lock)
            except BlockingIOError as error:
                raise ConfigError(f"Another process works on {self.folder}.", "Wait for it, or stop it.") from error
            State("running").write(self.folder)
            try:
                yield
            except (KeyboardInterrupt, Interrupted) as error:
                self._end("interrupted", error)
                raise
            except BaseException as error:  # SystemExit too: a library that exits has failed its run
                self._end("failed", error)
                raise
            State("done", exit_code=0).write(self.folder)

    def _end(self, status: str, error: BaseException) -> None:
        with suppress(OSError), (self.folder / LOG).open("a", encoding="utf-8") as log:  # the disk may be full
            log.write(redacted("".join(traceback.format_exception(error))))
        with suppress(OSError):  # the error itself is what the user must see, and a free lock says the rest
            State.after(status, error).write(self.folder)
