"""The options that commands share."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from colactl.cli import complete
from colactl.cli.output import Output


def _show_warnings(quiet: bool) -> bool:
    """Shows the warnings of libraries without their place in the code, and none of them with --quiet."""
    warnings.showwarning = lambda message, *_, **__: Output(quiet).talk(str(message))
    return quiet


Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Overrides in Hydra's grammar: model=bert, training.max_epochs=3.",
        autocompletion=complete.override,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="An override; applied after the plain ones. Repeatable.",
        autocompletion=complete.override,
    ),
]
ConfigDir = Annotated[
    list[Path] | None,
    typer.Option("--config-dir", metavar="DIR", help="A folder of your own configs, searched first. Repeatable."),
]
ConfigName = Annotated[
    str,
    typer.Option("--config-name", metavar="NAME", help="The primary config.", autocompletion=complete.config_name),
]
Model = Annotated[
    str,
    typer.Argument(
        metavar="RUN_OR_MODEL",
        help="A run's folder, a model's folder, or a name on the Hub.",
        autocompletion=complete.model,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", callback=_show_warnings, help="Nothing on stderr but errors.")]
Resolve = Annotated[bool, typer.Option("--resolve", help="Fill in the interpolations.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@dataclass(frozen=True)
class Request:
    """The config that a command line asks for.

    Attributes:
        overrides: The plain ones, then those of --set, each in the order typed.
        config_name: The primary config.
        config_dirs: The user's folders.
    """

    overrides: tuple[str, ...] = ()
    config_name: str = "config"
    config_dirs: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls, plain: list[str] | None, assignments: list[str] | None, config_name: str, config_dir: list[Path] | None
    ) -> Request:
        """Collects what Typer parsed."""
        return cls((*(plain or ()), *(assignments or ())), config_name, tuple(config_dir or ()))

    @property
    def config(self) -> tuple[tuple[str, ...], str, tuple[Path, ...]]:
        """The arguments of `compose` and of what else takes a config by its overrides, name and folders."""
        return self.overrides, self.config_name, self.config_dirs

    def command(self, name: str, *options: str) -> list[str]:
        """The words of another command about the same config, up to its overrides."""
        words = ["colactl", name, *options]
        words += [word for folder in self.config_dirs for word in ("--config-dir", str(folder))]
        return words + (["--config-name", self.config_name] if self.config_name != "config" else [])


def set_words(overrides: list[str] | tuple[str, ...]) -> list[str]:
    """Overrides as the words of a command line, each after --set."""
    return [word for text in overrides for word in ("--set", text)]
