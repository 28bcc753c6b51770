"""colactl show-config: the config that a run would get, and where each value comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Resolve, Set
from colactl.cli.output import Output
from colactl.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from colactl.composition.origins import Leaf, Origin
    from colactl.composition.targets import Target
    from colactl.schema.key_path import Place

WIDEST = 48  # columns up to which comments are aligned; a longer line has its comment right after it
LONGEST = 40  # characters of a value in a comment; JSON has the whole of it

OriginFlag = Annotated[bool, typer.Option("--origin", help="Where each value comes from, and what it replaced.")]
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
    origin: OriginFlag = False,
    diff: Diff = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the config that a run would get, as YAML or JSON."""
    request, output = Request.of(overrides, assignments, config_name, config_dir), Output(quiet, as_json)
    if diff:
        show_diff(request, output, resolve=resolve, package=package, origin=origin)
    else:
        show_config(request, output, resolve=resolve, package=package, origin=origin)


def show_diff(request: Request, output: Output, *, resolve: bool, package: str | None, origin: bool) -> None:
    """Shows what the overrides change, of the whole config.

    Raises:
        ConfigError: It cannot be composed or trained, or a part of it or its origins are asked for.
    """
    from colactl.cli.diff import show_changes

    if package is not None:
        raise ConfigError("--diff compares the whole config, and --package shows a part.", "Leave one of them out.")
    if origin:
        raise ConfigError("--diff and --origin each show a config in a way of their own.", "Leave one of them out.")
    show_changes(request, output, resolve)


def show_config(
    request: Request, output: Output, *, resolve: bool = False, package: str | None = None, origin: bool = False
) -> None:
    """Composes and shows any config; one that has all groups that training needs is checked too.

    Raises:
        ConfigError: It cannot be composed, cannot be trained, or has no such part.
    """
    from omegaconf import OmegaConf

    from colactl.composition.compose import compose
    from colactl.composition.secrets import refuse_secrets
    from colactl.composition.session import explained
    from colactl.composition.validate import trainable, validate

    config = compose(*request.config).config
    if trainable(config):
        validate(config, overrides=request.overrides)  # but not the machine: the config may be for another one
    else:
        refuse_secrets(config)
    if origin:
        _show_origins(config, request, output, resolve=resolve, package=package)
        return
    with explained():
        if resolve:
            OmegaConf.resolve(config)
        part = part_of(config, package)
        value = OmegaConf.to_container(part) if OmegaConf.is_config(part) else part
    if output.as_json:
        output.json(value)
    else:
        output.yaml(_yaml(part))


def part_of(config: DictConfig, package: str | None) -> Any:
    """The part that a dotted key names, through interpolations on the way; the whole config without one.

    Raises:
        ConfigError: There is none.
    """
    from omegaconf import OmegaConf

    if package in (None, "_global_"):
        return config
    missing = object()
    part = OmegaConf.select(config, str(package), default=missing)
    if part is not missing:
        return part
    from colactl.schema.key_path import keys_of
    from colactl.schema.names import near_keys

    near = near_keys(str(package), tuple(keys_of(OmegaConf.to_container(config))))
    hint = f"Did you mean {' or '.join(f'--package {key}' for key in near)}? " if near else ""
    raise ConfigError(f"This config has no part {package!r}.", f"{hint}Its parts are {', '.join(map(str, config))}.")


def _yaml(part: Any) -> str:
    """A part as YAML; a text alone has no quotes, for `$(colactl show-config -p model.name)`."""
    from omegaconf import OmegaConf

    if OmegaConf.is_config(part):
        return OmegaConf.to_yaml(part)
    return part if isinstance(part, str) else json.dumps(part)


def _show_origins(config: DictConfig, request: Request, output: Output, *, resolve: bool, package: str | None) -> None:
    """Shows a config, or the part of it that a package names, with the origin of each value.

    Args:
        config: As the request composes it, unresolved.
        request: Which config.
        output: Where it goes.
        resolve: Whether the interpolations are filled in.
        package: A dotted key; None for the whole.
    """
    from omegaconf import OmegaConf

    from colactl.composition.hydra_port import place_of
    from colactl.composition.origins import selected, trace
    from colactl.composition.session import explained
    from colactl.composition.targets import target
    from colactl.schema.key_path import dotted

    traced = trace(config, *request.config)
    targets = {place: target(traced.config, place, leaf.value) for place, leaf in traced.leaves.items()}
    with explained():
        if resolve:
            OmegaConf.resolve(traced.config)
        part = part_of(traced.config, package)
    start = place_of(part) if OmegaConf.is_config(part) else selected(traced.config, str(package))
    leaves = {place: leaf for place, leaf in traced.leaves.items() if _overlap(place, start)}
    if output.as_json:
        output.json({dotted(place): _as_json(leaf, targets[place], resolve) for place, leaf in leaves.items()})
        return
    comments = {place: _comment(leaf, targets[place], resolve) for place, leaf in leaves.items()}
    comments |= {
        place: f"chosen by {_name(by)}"
        for place, by in traced.chosen.items()
        if len(place) > len(start) and _overlap(place, start)
    }
    output.yaml(_annotated(part, {place[len(start) :]: comment for place, comment in comments.items()}))


def _overlap(one: Place, other: Place) -> bool:
    """Whether one place lies within the other: the part that is shown may itself be part of a list."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _as_json(leaf: Leaf, pointed: Target | None, resolve: bool) -> dict[str, Any]:
    replaced = leaf.replaced and {"value": leaf.replaced.value, "origin": leaf.replaced.origin.as_json()}
    value = pointed.value if pointed and resolve else leaf.value
    shown = {"value": value, "origin": leaf.origin.as_json(), "replaced": replaced}
    return shown | {"target": pointed.as_json()} if pointed else shown


def _annotated(part: Any, comments: dict[Place, str]) -> str:
    """A part as YAML, each value with its comment beside it, in one column as far as lines are short."""
    from omegaconf import OmegaConf

    from colactl.composition.key_lines import key_lines

    text = _yaml(part)
    if not OmegaConf.is_config(part):
        return f"{text}  # {comments[()]}"
    if () in comments:  # a list alone, which has no line of a key
        return f"# {comments[()]}\n{text}"
    lines = text.split("\n")
    at = {line.comment - 1: comments[place] for place, line in key_lines(text).items() if place in comments}
    column = max((len(lines[index]) for index in at if len(lines[index]) <= WIDEST), default=0)
    for index, comment in at.items():
        lines[index] = f"{lines[index]:<{column}}  # {comment}"
    return "\n".join(lines)


def _comment(leaf: Leaf, pointed: Target | None, resolve: bool) -> str:
    words = _name(leaf.origin)
    if pointed:
        keys = " and ".join(pointed.keys)
        value = pointed.error or _short(pointed.value)
        if resolve:
            words += f": {_short(pointed.interpolation)} -> {keys or value}"
        else:
            words += f" -> {keys}{': ' if pointed.error else ' = '}{value}" if keys else f" -> {value}"
    if leaf.replaced:
        by = {"file": " in ", "override": " by "}.get(leaf.replaced.origin.kind)
        words += f", was {_short(leaf.replaced.value)}" + (f"{by}{_name(leaf.replaced.origin)}" if by else "")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in words)


def _name(origin: Origin) -> str:
    from colactl.composition.origins import file_name

    if origin.file:
        return f"{file_name(origin.file)}:{origin.line}"
    return origin.override or {"schema": "the schema's default"}.get(origin.kind, "of unknown origin")


def _short(value: Any) -> str:
    """A value in few letters: a word as it is, all else as JSON."""
    word = isinstance(value, str) and value and not any(letter.isspace() for letter in value)
    text = value if word else json.dumps(value, ensure_ascii=False, default=str, skipkeys=True)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
