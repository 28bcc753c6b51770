"""A sweep's folder: its definition and planned jobs, frozen and read back, and the requests to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from colactl.errors import ConfigError, TrainingError
from colactl.runs.create import make_folder
from colactl.runs.files import take_lock, write_text
from colactl.runs.run import RESULT, STATUS, Run
from colactl.schema.config_files import FAST_LOADER, reading
from colactl.shell import quoted, relative
from colactl.sweeping.names import LOCK, MULTIRUN, PLANNED, SEARCH, STOP, SWEEP, TRIALS
from colactl.sweeping.planned import Plan, PlannedJob

WRITTEN = (PLANNED, MULTIRUN, SEARCH)  # when a sweep is frozen, before its definition

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
        definition = self._read(SWEEP, "overrides", "config_name", "config_dirs", "directory")
        texts = [definition["config_name"], definition["directory"]]
        for key in ("overrides", "config_dirs"):
            texts += definition[key] if isinstance(definition[key], list) else [None]
        if not all(isinstance(text, str) for text in texts):
            raise self._changed(SWEEP)
        return definition

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
            content: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), FAST_LOADER)
        if not isinstance(content, dict) or any(key not in content for key in keys):
            raise self._changed(name)
        return content

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


def new_folder(stem: Path, chosen: bool) -> Path:
    """Makes a sweep's folder.

    Args:
        stem: Four random letters are added unless the user chose it.
        chosen: Whether the user chose it.

    Returns:
        The folder, absolute.

    Raises:
        TrainingError: It cannot be made.
    """
    return make_folder(stem, unique=not chosen)


def freeze(
    plan: Plan,
    sweep: Sweep,
    overrides: Sequence[str],
    config_name: str,
    config_dirs: Sequence[Path | str],
    also: Callable[[Path], None] = lambda _: None,
) -> None:
    """Writes the definition and every job's config; the definition last, so that where it is, all is.

    Args:
        plan: What to run.
        sweep: Held by this process.
        overrides: As typed.
        config_name: The primary config.
        config_dirs: The user's folders.
        also: Writes what else belongs to the definition, given the folder.

    Raises:
        ConfigError: The folder already holds a sweep, or a run where one of the jobs is to be.
        TrainingError: It cannot be written to.
    """
    if (sweep.folder / SWEEP).exists():
        hint = f"Choose another with hydra.sweep.dir=..., or go on with it: {resume_command(sweep.folder)}"
        raise ConfigError(f"{sweep.folder} already holds a sweep.", hint)
    for folder in (sweep.folder, *(sweep.folder / job.folder for job in plan.jobs)):
        if (folder / STATUS).exists() or (folder / RESULT).exists():  # it would be taken for what the job has done
            raise ConfigError(f"{folder} already holds a run.", "Choose another folder with hydra.sweep.dir=...")
    lines = [job.to_json() for job in plan.jobs]
    definition: dict[str, Any] = {
        "overrides": list(overrides),
        "config_name": config_name,
        "config_dirs": absolute(config_dirs),
        "directory": str(Path.cwd()),
        "group": sweep.folder.name,
    }
    earlier = {name for name in WRITTEN if (sweep.folder / name).exists()}
    try:
        write_text(sweep.folder / PLANNED, "".join(f"{line}\n" for line in lines))
        write_text(sweep.folder / MULTIRUN, OmegaConf.to_yaml(plan.composed.whole))
        also(sweep.folder)
        write_text(sweep.folder / SWEEP, yaml.safe_dump(definition, sort_keys=False, allow_unicode=True))
    except OSError as error:
        _remove_written(sweep.folder, earlier)
        raise TrainingError(f"{sweep.folder} cannot be written to: {error.strerror or error}.") from error


def _remove_written(folder: Path, earlier: set[str]) -> None:
    """Leaves nothing of a sweep that cannot be frozen but what was in its folder before."""
    with suppress(OSError):
        for name in {*WRITTEN, LOCK} - earlier:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def absolute(folders: Sequence[Path | str]) -> list[str]:
    """A user's folders, as they mean the same from anywhere."""
    return [str(Path(folder).expanduser().absolute()) for folder in folders]


def resume_command(folder: Path) -> str:
    """What to type to go on with a sweep."""
    return f"colactl sweep --resume {quoted(relative(folder))}"
