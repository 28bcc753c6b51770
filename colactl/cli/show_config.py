"""colactl show-config: the config that a run would get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Request, Set
from colactl.cli.output import Output

if TYPE_CHECKING:
    from omegaconf import DictConfig

Resolve = Annotated[bool, typer.Option("--resolve", help="Fill in the interpolations.")]
Origin = Annotated[bool, typer.Option("--origin", help="Where each value comes from, and what it replaced.")]
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
    as_json: Json = False,
) -> None:
    """Show the config that a run would get, as YAML or JSON."""
    request = Request.of(overrides, assignments, config_name, config_dir)
    show_config(request, Output(), resolve=resolve, package=package, origin=origin, as_json=as_json)


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
    refuse_secrets(config)
    if trainable(config):
        validate(config, overrides=request.overrides)  # not what it asks of a machine: that may be another one
    if origin:
        from colactl.cli.origins import show_origins

        show_origins(config, request, output, resolve=resolve, package=package, as_json=as_json)
        return
    with explained():
        if resolve:
            OmegaConf.resolve(config)
        part = part_of(config, package)
        if as_json:
            output.json(OmegaConf.to_container(part) if OmegaConf.is_config(part) else part)
        else:
            output.yaml(OmegaConf.to_yaml(part) if OmegaConf.is_config(part) else scalar(part))


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
    if part is nothing:
        raise ConfigError(f"This config has no part {package!r}.", f"Its parts are {', '.join(map(str, config))}.")
    return part
