"""New run folders, each made exclusively for one run."""

from __future__ import annotations

import os
import secrets
import shutil
import string
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from colactl.errors import ConfigError, TrainingError
from colactl.runs.files import write_text
from colactl.runs.run import Run
from colactl.runs.state import STATUS

SUFFIX_LETTERS = string.ascii_lowercase + string.digits
SUFFIX_LENGTH = 4  # 1.7 million of them a second; a taken one is drawn again


def create(folder: Path) -> Run:
    """Makes the folder that the user chose; it may exist, but hold no run.

    Raises:
        ConfigError: It already holds a run.
        TrainingError: It cannot be made.
    """
    new = not folder.expanduser().exists()
    return _claimed(chosen_folder(folder), new)


def chosen_folder(folder: Path) -> Path:
    """Makes a folder that the user chose, unless it is there, and returns it whole.

    Raises:
        TrainingError: It cannot be made.
    """
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    return folder


def create_unique(parent_and_stem: Path) -> Run:
    """Makes `PARENT/STEM-xxxx`, with four random letters, so that runs of the same second never share a folder.

    Raises:
        TrainingError: It cannot be made, or nothing can be written to it.
    """
    return _claimed(unique_folder(parent_and_stem), new=True)


def abandon(run: Run) -> None:
    """Takes back what `create` and `write_hydra_files` have made of a run that cannot begin."""
    (run.folder / STATUS).unlink(missing_ok=True)
    if [path.name for path in run.folder.iterdir()] == [".hydra"]:  # or it may be another program's
        shutil.rmtree(run.folder / ".hydra", ignore_errors=True)
    with suppress(OSError):  # there may be something else in it
        run.folder.rmdir()


def unique_folder(parent_and_stem: Path) -> Path:
    """Makes a new folder whose name begins with the given stem.

    Raises:
        TrainingError: It cannot be made.
    """
    stem = parent_and_stem.expanduser().absolute()
    while True:
        suffix = "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_LENGTH))
        folder = stem.with_name(f"{stem.name}-{suffix}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise TrainingError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        return folder


def default_folder(root: str = "outputs") -> Path:
    """Hydra's own choice of a folder, by day and second, for a run that was not composed for one."""
    return Path(root) / f"{datetime.now():%Y-%m-%d}" / f"{datetime.now():%H-%M-%S}"


def write_hydra_files(folder: Path, config: DictConfig, hydra: DictConfig | None, overrides: list[str]) -> None:
    """Writes `.hydra/` as Hydra itself does, so that its tools and users find what they know."""
    hidden = folder / ".hydra"
    hidden.mkdir(exist_ok=True)
    whole = OmegaConf.masked_copy(hydra, "hydra") if hydra is not None else OmegaConf.create({"hydra": {}})
    write_text(hidden / "config.yaml", OmegaConf.to_yaml(config))
    write_text(hidden / "hydra.yaml", OmegaConf.to_yaml(whole))
    write_text(hidden / "overrides.yaml", OmegaConf.to_yaml(OmegaConf.create(overrides)))


def _claimed(folder: Path, new: bool) -> Run:
    try:
        _claim(folder)
    except FileExistsError as error:
        raise ConfigError(f"{folder} already holds a run.", "Choose another folder with hydra.run.dir=...") from error
    except OSError as error:
        if new:
            folder.rmdir()
        raise TrainingError(f"The folder {folder} cannot be written to: {error.strerror}.") from error
    return Run(folder)


def _claim(folder: Path) -> None:
    """Writes the status whole and only if there is none: a link cannot replace a file."""
    own = folder / f".{STATUS}.{secrets.token_hex(4)}"
    write_text(own, '{"status": "pending"}\n')
    try:
        os.link(own, folder / STATUS)
    finally:
        own.unlink()
