"""colactl copy-config: a shipped config into a folder of the user's own, to change there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from colactl.cli import complete
from colactl.cli.options import Quiet
from colactl.cli.output import Output
from colactl.errors import ConfigError, TrainingError
from colactl.shell import joined, quoted

Name = Annotated[
    str,
    typer.Argument(
        metavar="GROUP/OPTION",
        help="Such as model/bert; config is the primary config.",
        autocompletion=complete.shipped,
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Your own config folder, for --config-dir.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]


def command(name: Name, folder: Folder = Path("configs"), force: Force = False, quiet: Quiet = False) -> None:
    """Copy a shipped config into a folder of your own, to change it there; writes the new file's path to stdout."""
    copy_config(name, folder, Output(quiet), force)


def copy_config(name: str, folder: Path, output: Output, force: bool = False) -> None:
    """Copies a config into the same group of another config folder, which is made where it is not there.

    Args:
        name: GROUP/OPTION, or the primary config's name.
        folder: The user's config folder.
        output: Where its path is written.
        force: Whether a file that is there is replaced.

    Raises:
        ConfigError: There is no such config, the file is there already, or the folder is none of the user's own.
        TrainingError: It cannot be written.
    """
    from colactl.schema.config_files import shipped_config

    source = shipped_config(name)
    _refuse_own(folder, f"colactl copy-config {quoted(name)} DIR")
    file = folder.expanduser() / f"{name}.yaml"
    _write(file, source.read_bytes(), force)
    output.data(str(file))
    output.talk(f"Change it, and see what it comes to: {joined(_next(name, folder))}")


def _refuse_own(folder: Path, again: str) -> None:
    from colactl.composition import config_dir

    if folder.expanduser().resolve().is_relative_to(config_dir().resolve()):
        raise ConfigError(f"{folder} holds the configs that colactl ships.", f"Name a folder of your own: {again}")
    if folder.expanduser().exists() and not folder.expanduser().is_dir():
        raise ConfigError(f"{folder} is no folder.", f"Name a folder of your own: {again}")


def _write(file: Path, content: bytes, force: bool) -> None:
    from colactl.runs.files import replacing

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not force and os.path.lexists(file):
            raise ConfigError(f"{file} is there already.", "To replace it, add --force.")
        with replacing(file.resolve() if force else file, new=not force) as target:  # a link stays one
            target.write(content)
    except OSError as error:
        raise TrainingError(f"{file} cannot be written: {error.strerror or error}.") from error


def _next(name: str, folder: Path) -> list[str]:
    """The words that show a config with the copy in it; a launcher is no part of one."""
    group, _, option = name.rpartition("/")
    command = "list-groups" if group.startswith("hydra") else "show-config"
    return ["colactl", command, "--config-dir", str(folder), *([f"{group}={option}"] if group else [])]
