"""colactl copy-config: copies a shipped config into a folder of the user's own."""

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
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


def command(name: Name, folder: Folder = Path("configs"), force: Force = False, quiet: Quiet = False) -> None:
    """Copy a shipped config into a folder of your own, to change it there; writes the new file's path to stdout."""
    copy_config(name, folder, Output(quiet), force)


def copy_config(name: str, folder: Path, output: Output, force: bool = False) -> None:
    """Copies a config into the same group of another config folder, which is made if it does not exist.

    Args:
        name: GROUP/OPTION, or the primary config's name.
        folder: The user's config folder.
        output: Where the new file's path is written.
        force: Whether an existing file is replaced.

    Raises:
        ConfigError: There is no such config, the file exists, or the folder is not the user's own.
        TrainingError: The file cannot be written.
    """
    from colactl.schema.config_files import config_dir, shipped_config

    source = shipped_config(name)
    own = f"Name a folder of your own: colactl copy-config {quoted(name)} DIR"
    target = folder.expanduser()
    if target.resolve().is_relative_to(config_dir().resolve()):
        raise ConfigError(f"{folder} holds the configs that colactl ships.", own)
    if target.exists() and not target.is_dir():
        raise ConfigError(f"{folder} is not a folder.", own)
    file = target / f"{name}.yaml"
    _write(file, source.read_bytes(), force)
    output.data(str(file))
    group, _, option = name.rpartition("/")
    command = "list-groups" if group.startswith("hydra") else "show-config"  # a launcher is not part of a config
    words = ["colactl", command, "--config-dir", str(folder), *([f"{group}={option}"] if group else [])]
    output.talk(f"Change it, and see what it composes to: {joined(words)}")


def _write(file: Path, content: bytes, force: bool) -> None:
    from colactl.runs.files import replacing

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not force and os.path.lexists(file):
            raise ConfigError(f"{file} exists already.", "To replace it, add --force.")
        with replacing(file.resolve() if force else file, new=not force) as target:  # a link stays one
            target.write(content)
    except OSError as error:
        raise TrainingError(f"{file} cannot be written: {error.strerror or error}.") from error
