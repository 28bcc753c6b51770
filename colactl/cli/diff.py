"""colactl diff: what two configs have different."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colactl.cli import complete
from colactl.cli.differences import DEFAULTS, show
from colactl.cli.options import ConfigDir, ConfigName, Json, Quiet, Request, Resolve
from colactl.cli.output import Output
from colactl.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from colactl.composition.differences import Side

DIFFERENT = 1  # the exit code, as diff has it
HOW = "Overrides stand in quotes, as one argument: colactl diff 'model=bert seed=1' ''"

A = Annotated[
    str,
    typer.Argument(
        metavar="A",
        help="A run's folder, a YAML file, or overrides in quotes: 'model=bert seed=1', or ''.",
        autocompletion=complete.run_to_repeat,
    ),
]
B = Annotated[str, typer.Argument(metavar="B", help="The same.", autocompletion=complete.run_to_repeat)]


def command(
    a: A,
    b: B,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    resolve: Resolve = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare two configs. The exit code is 0 if they are equal, 1 if they differ, 2 if something is wrong.

    A run's folder stands for the config in its .hydra, a file for what is in it; overrides are composed first.
    With --json: {"KEY": {"a": VALUE, "b": VALUE}}, and a side that lacks the key has no entry.
    """
    reader = Reader(config_name, tuple(config_dir or ()), resolve)
    if diff(a, b, reader, Output(quiet), as_json):
        raise typer.Exit(DIFFERENT)


@dataclass(frozen=True)
class Reader:
    """Makes a config of what was typed.

    Attributes:
        config_name: The primary config of overrides.
        config_dirs: The user's folders for them.
        resolve: Whether interpolations are filled in.
    """

    config_name: str = "config"
    config_dirs: tuple[Path, ...] = ()
    resolve: bool = False

    def read(self, text: str) -> Side:
        """The config that an argument stands for; what is there as a folder or file is no override.

        Raises:
            ConfigError: It stands for none, or the config is not to be had.
        """
        from colactl.composition.differences import of_file, of_overrides

        path = Path(text).expanduser()
        if not text.strip() or not os.path.exists(path):  # noqa: PTH110 - which is calm about a text too long for a path
            return of_overrides(_overrides(text), self.config_name, self.config_dirs, self.resolve)
        return self._of_folder(path) if path.is_dir() else of_file(path, self.resolve)

    def _of_folder(self, folder: Path) -> Side:
        from colactl.composition.differences import HYDRA, of_file, of_hydra_folder
        from colactl.runs.run import CONFIG, Run
        from colactl.sweeping.names import is_sweep

        if is_sweep(folder):
            raise ConfigError(
                f"{folder} is a sweep, whose jobs have a config each.", f"Name a job, such as {folder / '0'}"
            )
        if (folder / HYDRA / CONFIG).is_file():
            return of_hydra_folder(folder, self.resolve)
        return of_file(Run(folder).config_file, self.resolve)


def diff(a: str, b: str, reader: Reader, output: Output, as_json: bool = False) -> bool:
    """Compares two configs and shows the result.

    Returns:
        Whether they differ.

    Raises:
        ConfigError: One of them is not to be had, or stdout cannot be written.
    """
    from colactl.composition.differences import compare

    found = compare(reader.read(a), reader.read(b))
    try:
        show(found, (a.strip() or DEFAULTS, b.strip() or DEFAULTS), output, as_json)
    except TrainingError as error:  # on a full disk; its exit code would say that the configs differ
        raise ConfigError(error.message, error.hint) from error
    return bool(found.values)


def show_changes(request: Request, output: Output, resolve: bool = False, as_json: bool = False) -> None:
    """Shows what a request's overrides change; without them its config need not be one that can train.

    Raises:
        ConfigError: It cannot be composed or trained.
    """
    from colactl.composition.differences import compare, of_overrides

    where = request.config_name, request.config_dirs, resolve
    found = compare(of_overrides((), *where, check=False), of_overrides(request.overrides, *where))
    show(found, (DEFAULTS, shlex.join(request.overrides) or DEFAULTS), output, as_json)


def _overrides(text: str) -> list[str]:
    """An argument's words, as a shell would split them."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} cannot be split into overrides: {error}.", "Close the quotes.") from error
    if len(words) == 1 and "=" not in text and not text.startswith("~"):
        raise ConfigError(f"{text!r} is no folder, no file and no override.", HOW)
    return words
