"""colactl diff: how two configs differ."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, ConfigName, Json, Quiet, Request, Resolve
from colactl.cli.output import Output
from colactl.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from colactl.composition.differences import Comparison, Difference, Side

DIFFERENT = 1  # the exit code, as diff has it
EQUAL = "No value differs."
CHOICE = "@"  # marks the option of a group; the marks of values are `Difference.mark`
STYLES = {CHOICE: "bold", "-": "red", "+": "green", "~": "yellow"}
USAGE = "Overrides stand in quotes, as one argument: colactl diff 'model=bert seed=1' ''"

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
    request, output = Request.of(None, None, config_name, config_dir), Output(quiet, as_json)
    if diff(a, b, request, output, resolve):
        raise typer.Exit(DIFFERENT)


def diff(a: str, b: str, request: Request, output: Output, resolve: bool = False) -> bool:
    """Compares two configs and writes the differences to stdout.

    Args:
        a: A run's folder, a YAML file, or overrides.
        b: The same.
        request: The primary config of overrides, and the user's folders for them.
        output: Where the differences are written.
        resolve: Whether interpolations are filled in.

    Returns:
        Whether they differ.

    Raises:
        ConfigError: One of them cannot be read, or stdout cannot be written.
    """
    from colactl.composition.differences import compare

    comparison = compare(_read(a, request, resolve), _read(b, request, resolve))
    try:
        show(comparison, output)
    except TrainingError as error:  # its exit code would say that the configs differ
        raise ConfigError(error.message, error.hint) from error
    return bool(comparison.values)


def _read(text: str, request: Request, resolve: bool) -> Side:
    """The config that an argument stands for. A text that names a folder or a file is not an override."""
    from colactl.composition.differences import HYDRA, of_file, of_hydra_folder, of_overrides
    from colactl.runs.run import CONFIG, Run
    from colactl.sweeping.names import is_sweep

    path = Path(text).expanduser()
    if not text.strip() or not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for a text too long for a path
        return of_overrides(_overrides(text), request.config_name, request.config_dirs, resolve)
    if not path.is_dir():
        return of_file(path, resolve)
    if is_sweep(path):
        raise ConfigError(f"{path} is a sweep, whose jobs have a config each.", f"Name a job, such as {path / '0'}")
    if (path / HYDRA / CONFIG).is_file():
        return of_hydra_folder(path, resolve)
    return of_file(Run(path).config_file, resolve)


def _overrides(text: str) -> list[str]:
    """The overrides in an argument, split as a shell would."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} cannot be split into overrides: {error}.", "Close the quotes.") from error
    if len(words) == 1 and "=" not in text and not text.startswith("~"):
        raise ConfigError(f"{text!r} is no folder, no file and no override.", USAGE)
    return words


def show_changes(request: Request, output: Output, resolve: bool = False) -> None:
    """Writes what a request's overrides change; the config without them need not be one that can be trained.

    Raises:
        ConfigError: The config cannot be composed or trained.
    """
    from colactl.composition.differences import compare, of_overrides

    where = request.config_name, request.config_dirs, resolve
    show(compare(of_overrides((), *where, check=False), of_overrides(request.overrides, *where)), output)


def show(comparison: Comparison, output: Output) -> None:
    """Writes a line for each difference to stdout, coloured on a terminal; equal configs give no line."""
    if output.as_json:
        output.json(comparison.as_json())
    elif not comparison.values:
        output.talk(EQUAL)
    elif output.stdout_is_terminal():
        from rich.text import Text

        output.show(Text("\n").join(Text(line, STYLES[line[0]]) for line in _lines(comparison)))
    else:
        output.data("\n".join(_lines(comparison)))


def _lines(comparison: Comparison) -> Iterator[str]:
    """The differences, group by group; the option of a group comes before its values."""
    from colactl.composition.differences import in_one_line
    from colactl.schema.key_path import dotted

    marked: list[tuple[str, Difference]] = [(CHOICE, choice) for choice in comparison.choices]
    marked += [(value.mark, value) for value in comparison.values]
    groups = list(dict.fromkeys(value.place[0] for value in comparison.values))
    # An option that puts its values elsewhere, as an experiment does, comes first.
    order = {group: number for number, group in enumerate(groups)}
    for mark, difference in sorted(marked, key=lambda pair: order.get(pair[1].place[0], -1)):
        values = [in_one_line(value) for value in difference.as_json().values()]
        yield f"{mark} {dotted(difference.place)}: {' -> '.join(values)}"
