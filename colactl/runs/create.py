"""New run folders, each made exclusively for one run."""

from __future__ import annotations

import secrets
import shutil
import string
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from colactl.errors import ConfigError, TrainingError
from colactl.runs.files import replacing, write_text
from colactl.runs.run import CONFIG, HYDRA, OVERRIDES, STATUS, Run

SUFFIX_LETTERS = string.ascii_lowercase + string.digits
SUFFIX_LENGTH = 4  # 1.7 million of them a second; a taken one is drawn again


def create(folder: Path, unique: bool = False) -> Run:
    """Makes a run's folder.

    Args:
        folder: The user's choice may exist, but hold no run.
        unique: As for `make_folder`.

    Raises:
        ConfigError: It already holds a run.
        TrainingError: It cannot be made, or nothing can be written to it.
    """
    new = unique or not folder.expanduser().exists()
    folder = make_folder(folder, unique)
    try:
        with replacing(folder / STATUS, new=True) as file:
            file.write(b'{"status": "pending"}\n')
    except FileExistsError as error:
        raise ConfigError(f"{folder} already holds a run.", "Choose another folder with hydra.run.dir=...") from error
    except OSError as error:
        if new:
            folder.rmdir()
        raise TrainingError(f"The folder {folder} cannot be written to: {error.strerror}.") from error
    return Run(folder)


def make_folder(folder: Path, unique: bool = False) -> Path:
    """Makes a folder with those above it, and returns its absolute path.

    Args:
        folder: Where it may be there already.
        unique: Makes `FOLDER-xxxx`, a new one with four random letters, so that two of a second never are the same.

    Raises:
        TrainingError: It cannot be made.
    """
    stem = folder.expanduser().absolute()
    while True:
        path = stem.with_name(f"{stem.name}-{_suffix()}") if unique else stem
        try:
            path.mkdir(parents=True, exist_ok=not unique)
        except OSError as error:
            if unique and isinstance(error, FileExistsError):
                continue
            raise TrainingError(f"The folder {path} cannot be made: {error.strerror}.") from error
        return path


def abandon(run: Run) -> None:
    """Takes back what `create` and `write_hydra_files` have made of a run that cannot begin."""
    (run.folder / STATUS).unlink(missing_ok=True)
    if [path.name for path in run.folder.iterdir()] == [HYDRA]:  # or it may be another program's
        shutil.rmtree(run.folder / HYDRA, ignore_errors=True)
    with suppress(OSError):  # there may be something else in it
        run.folder.rmdir()


def default_folder() -> Path:
    """Hydra's own choice of a folder, by day and second, for a run that was not composed for one."""
    return Path("outputs", f"{datetime.now():%Y-%m-%d/%H-%M-%S}")


def write_hydra_files(folder: Path, config: DictConfig, hydra: DictConfig | None, overrides: list[str]) -> None:
    """Writes `.hydra/` as Hydra itself does, so that its tools and users find what they know."""
    hidden = folder / HYDRA
    hidden.mkdir(exist_ok=True)
    whole = OmegaConf.masked_copy(hydra, "hydra") if hydra is not None else OmegaConf.create({"hydra": {}})
    write_text(hidden / CONFIG, OmegaConf.to_yaml(config))
    write_text(hidden / "hydra.yaml", OmegaConf.to_yaml(whole))
    write_text(hidden / OVERRIDES, OmegaConf.to_yaml(OmegaConf.create(overrides)))


def _suffix() -> str:
    return "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_LENGTH))
