"""A sweep's folder: its definition, the configs that were planned, and what has been asked of it since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from colactl.errors import ConfigError, TrainingError
from colactl.runs.files import take_lock, write_text
from colactl.runs.run import Run
from colactl.schema.config_files import FAST_LOADER, reading
from colactl.sweeping.names import PLANNED, SWEEP
from colactl.sweeping.planning.planned_job import PlannedJob

MULTIRUN = "multirun.yaml"  # the config that the jobs share, where Hydra puts it too
SEARCH = "search.json"  # what a search draws its trials from
TRIALS = "trials"  # a search's jobs, a file for each, written when it begins
LAUNCHER_LOG = "launcher.log"  # what the launcher itself, and the processes that it started, have said
RESULTS = "results.json"
TABLE = "results.csv"
PLOTS = "plots"
LOCK = ".lock"
STOP = ".stop"
OWN = (SWEEP, MULTIRUN, PLANNED, SEARCH, TRIALS, LAUNCHER_LOG, RESULTS, TABLE, PLOTS, LOCK, STOP)

PRINTED = "Give the folder that colactl sweep printed."
RESTORE = "Put the file back as it was: it is what the jobs run."

FINISH = 1  # what runs comes to its end, and nothing more is started
NOW = 2  # what runs is asked to save and to end


class Sweep:
    """A sweep on disk.

    Args:
        folder: Its own, absolute.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def definition(self) -> dict[str, Any]:
        """What was asked for: `overrides`, `config_name`, `config_dirs`, the working `directory`, and W&B's `group`.

        Raises:
            ConfigError: The folder holds no sweep.
        """
        found = self._read(SWEEP, "overrides", "config_name", "config_dirs", "directory")
        several = [found["overrides"], found["config_dirs"]]
        lists = [each for each in several if isinstance(each, list)]
        texts = [found["config_name"], found["directory"], *chain.from_iterable(lists)]
        if lists != several or not all(isinstance(text, str) for text in texts):
            raise self._changed(SWEEP)
        return found

    @cached_property
    def hydra(self) -> dict[str, Any]:
        """Hydra's own node, as plain containers, of the config that the jobs share.

        Raises:
            ConfigError: The folder holds no sweep.
        """
        node: Any = self._read(MULTIRUN, "hydra")["hydra"]
        if not isinstance(node, dict) or not isinstance(node.get("launcher"), dict):
            raise self._changed(MULTIRUN)
        return node

    @property
    def searches(self) -> bool:
        """Whether its jobs are the trials of a search, each planned when it begins."""
        return (self.folder / SEARCH).exists()

    def jobs(self) -> Iterator[PlannedJob]:
        """Every job that was planned so far, in order.

        Raises:
            ConfigError: The folder holds no sweep.
        """
        for place, line in self._lines():
            yield self._parsed(place, line)

    def job(self, index: int) -> PlannedJob:
        """One of them."""
        if self.has(index):
            return self._parsed(str(self._trial(index)), self._trial(index).read_text(encoding="utf-8"))
        prefix = f'{{"index": {index},'  # the others need not be parsed
        return self._parsed(*next((place, line) for place, line in self._lines() if line.startswith(prefix)))

    def trials(self) -> list[int]:
        """The jobs that a search has planned so far, by number."""
        return sorted(int(file.stem) for file in (self.folder / TRIALS).glob("[0-9]*.json"))

    def has(self, index: int) -> bool:
        """Whether a search has planned the job of that trial."""
        return self._trial(index).exists()

    def add(self, job: PlannedJob) -> None:
        """Plans one more, in one atomic step."""
        self._trial(job.index).parent.mkdir(exist_ok=True)
        write_text(self._trial(job.index), job.to_json())

    def run(self, job: PlannedJob) -> Run:
        """The run of a job; its folder may not be there yet."""
        return Run(self.folder / job.folder)

    def _read(self, name: str, *keys: str) -> dict[str, Any]:
        file = self.folder / name
        if not file.is_file():
            raise ConfigError(f"{self.folder} holds no sweep: {name} is missing.", PRINTED)
        with reading(file):
            found: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), FAST_LOADER)
        if not isinstance(found, dict) or any(key not in found for key in keys):
            raise self._changed(name)
        return found

    def _changed(self, name: str) -> ConfigError:
        return ConfigError(f"{self.folder} holds no sweep: {name} is not as colactl wrote it.", PRINTED)

    def _trial(self, index: int) -> Path:
        return self.folder / TRIALS / f"{index}.json"

    @staticmethod
    def _parsed(place: str, line: str) -> PlannedJob:
        try:
            return PlannedJob.from_json(line)
        except ConfigError as error:
            raise ConfigError(f"{place}: {error.message[0].lower()}{error.message[1:]}", RESTORE) from error

    def _lines(self) -> Iterator[tuple[str, str]]:
        """Each planned job, and where it stands."""
        try:
            with (self.folder / PLANNED).open(encoding="utf-8") as lines:
                yield from ((f"{self.folder / PLANNED}:{number}", line) for number, line in enumerate(lines, 1))
            for number in self.trials():
                yield str(self._trial(number)), self._trial(number).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.folder} holds no sweep: {PLANNED} is missing or broken.", PRINTED) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the sweep for this process, which alone may launch its jobs.

        Raises:
            ConfigError: Another process holds it.
            TrainingError: The folder cannot be written to.
        """
        try:
            lock = (self.folder / LOCK).open("a")
        except OSError as error:
            raise TrainingError(f"{self.folder} cannot be written to: {error.strerror}.") from error
        with lock:
            try:
                take_lock(lock)
            except BlockingIOError as error:
                raise ConfigError(f"Another process runs the sweep in {self.folder}.", "Wait, or stop it.") from error
            (self.folder / STOP).unlink(missing_ok=True)
            yield

    def stop(self, how: int) -> None:
        """Asks every process that works on this sweep, on any machine, to stop: FINISH or NOW."""
        write_text(self.folder / STOP, str(how))

    def stopping(self) -> int:
        """What has been asked: 0 where nothing was, else FINISH or NOW."""
        try:
            return int((self.folder / STOP).read_text() or 0)
        except FileNotFoundError:
            return 0
