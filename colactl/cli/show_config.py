"""colactl show-config: the config that a run would get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Resolve, Set
from colactl.cli.output import Output

if TYPE_CHECKING:
    from omegaconf import DictConfig

Origin = Annotated[bool, typer.Option("--origin", help="Where each value comes from, and what it replaced.")]
Diff = Annotated[bool, typer.Option("--diff", help="Only what the overrides change against the defaults.")]
Package = Annotated[
    str | None,
    typer.Option("--package", "-p", metavar="KEY", help="Only this part of the config.", autocompletion=complete.part),
]


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    resolve: Resolve = False,
    package: Package = None,
    origin: Origin = False,
    diff: Diff = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the config that a run would get, as YAML or JSON."""
    request, output = Request.of(overrides, assignments, config_name, config_dir), Output(quiet)
    if diff:
        show_diff(request, output, resolve=resolve, package=package, origin=origin, as_json=as_json)
    else:
        show_config(request, output, resolve=resolve, package=package, origin=origin, as_json=as_json)


def show_config(
    request: Request,
    output: Output,
    *,
    resolve: bool = False,
    package: str | None = None,
    origin: bool = False,
    as_json: bool = False,
) -> None:
    """Composes and shows any config; one that has all that training needs is checked too.

    Raises:
        ConfigError: It cannot be composed, cannot be trained, or has no such part.
    """
    from omegaconf import OmegaConf

    from colactl.composition import compose, trainable, validate
    from colactl.composition.problems import explained
    from colactl.composition.secrets import refuse_secrets

    config = compose(request.overrides, request.config_name, request.config_dirs).config
    if trainable(config):
        validate(config, overrides=request.overrides)  # not what it asks of a machine: that may be another one
    else:
        refuse_secrets(config)
    if origin:
        from colactl.cli.origins import show_origins

        show_origins(config, request, output, resolve=resolve, package=package, as_json=as_json)
        return
    with explained():
        if resolve:
            OmegaConf.resolve(config)
        part = part_of(config, package)
        shown = OmegaConf.to_container(part) if OmegaConf.is_config(part) else part
    if as_json:
        output.json(shown)
    else:
        output.yaml(OmegaConf.to_yaml(part) if OmegaConf.is_config(part) else scalar(part))


def show_diff(
    request: Request, output: Output, *, resolve: bool, package: str | None, origin: bool, as_json: bool
) -> None:
    """Shows what the overrides change, of the whole config.

    Raises:
        ConfigError: It cannot be composed or trained, or a part of it or its origins are asked for.
    """
    from colactl.cli.diff import show_changes
    from colactl.errors import ConfigError

    if package is not None:
        raise ConfigError("--diff compares the whole config, and --package shows a part.", "Leave one of them out.")
    if origin:
        raise ConfigError("--diff and --origin each show a config in a way of their own.", "Leave one of them out.")
    show_changes(request, output, resolve, as_json)


def scalar(value: Any) -> str:
    """A single value as YAML has it, a text without quotes, for `$(colactl show-config -p model.name)`."""
    return value if isinstance(value, str) else json.dumps(value)


def part_of(config: DictConfig, package: str | None) -> Any:
    """The part that a dotted key names, through interpolations on the way; the whole config without one.

    Raises:
        ConfigError: There is none.
    """
    from omegaconf import OmegaConf

    from colactl.errors import ConfigError

    if package in (None, "_global_"):
        return config
    nothing = object()
    part = OmegaConf.select(config, str(package), default=nothing)
    if part is not nothing:
        return part
    from colactl.schema.key_path import keys_of
    from colactl.schema.names import near_keys

    near = near_keys(str(package), tuple(keys_of(OmegaConf.to_container(config))))
    hint = f"Did you mean {' or '.join(f'--package {key}' for key in near)}? " if near else ""
    raise ConfigError(f"This config has no part {package!r}.", f"{hint}Its parts are {', '.join(map(str, config))}.")
