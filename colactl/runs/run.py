"""A run's folder: what state it is in and what came of it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colactl.errors import ConfigError, Interrupted
from colactl.redaction import redacted
from colactl.runs.files import read_json, write_json, write_text
from colactl.runs.lock import held, take
from colactl.runs.state import STATUS, State, read_state
from colactl.schema.config_files import load

if TYPE_CHECKING:
    from omegaconf import DictConfig

RESULT = "result.json"
CONFIG = "config.yaml"
PROVENANCE = "provenance.json"
LOG = "train.log"
LOCK = ".lock"


@dataclass(frozen=True)
class Run:
    """A training run, on disk.

    Attributes:
        folder: Absolute path of the run's folder.
    """

    folder: Path

    @property
    def result(self) -> dict[str, Any] | None:
        """The final figures, flat; None until the run is complete.

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
        """One of pending, running, done, failed and interrupted.

        A run whose process was killed still says running on disk; its lock is free, and so it reads as interrupted.
        """
        if self.done:
            return "done"
        written = self.state.status
        return "interrupted" if written in ("running", "done") and not held(self.folder / LOCK) else written

    @property
    def state(self) -> State:
        """How far it said to be; `status` also sees if its process is there. A damaged file reads as a failure."""
        try:
            return read_state(self.folder)
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
        """What is wrong with one of its files, in words that name it as it is called in the folder."""
        return error.message.removeprefix(f"{self.folder}/")

    @property
    def config_file(self) -> Path:
        """Where its config is: as it trained, or, for a run that came to an end before it could, as it was composed.

        Raises:
            ConfigError: There is no run.
        """
        known = any((self.folder / name).exists() for name in (STATUS, PROVENANCE, ".hydra"))  # else it is any config
        for file in (self.folder / CONFIG, self.folder / ".hydra" / CONFIG):
            if known and file.is_file():
                return file
        raise ConfigError(f"{self.folder} is no run's folder.", "Give the folder that colactl train printed.")

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
            raise ConfigError(f"{file} is no config.", "Give the folder that colactl train printed.")
        return config

    @property
    def overrides(self) -> tuple[str, ...]:
        """Those that its config was composed with; none where that was not recorded.

        Raises:
            ConfigError: Their file cannot be read.
        """
        file = self.folder / ".hydra" / "overrides.yaml"
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
        """Writes the final figures: the last file of a run, there if and only if the run is complete."""
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
                take(lock)
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
        with suppress(OSError):  # the error itself is what must be seen, and a free lock says the rest
            State.after(status, error).write(self.folder)
