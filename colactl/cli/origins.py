"""Where each value of a config comes from: beside the YAML, or as JSON."""

from __future__ import annotations

import json
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.cli.options import Request
from colactl.cli.output import Output
from colactl.cli.show_config import part_of, scalar
from colactl.composition.hydra_port import place_of
from colactl.composition.origins.key_lines import key_lines
from colactl.composition.origins.places import dotted, selected
from colactl.composition.origins.state import Leaf, Origin
from colactl.composition.origins.targets import Target, target
from colactl.composition.origins.trace import file_name, trace
from colactl.composition.problems import explained
from colactl.schema.key_path import Place

WIDEST = 48  # columns up to which comments are aligned; a longer line has its comment right after it
LONGEST = 40  # characters of a value in a comment; JSON has the whole of it


def show_origins(
    config: DictConfig, request: Request, output: Output, *, resolve: bool, package: str | None, as_json: bool
) -> None:
    """Shows a config, or the part of it that a package names, with the origin of each value.

    Args:
        config: As the request composes it, unresolved.
        request: Which config.
        output: Where it goes.
        resolve: Whether the interpolations are filled in.
        package: A dotted key; None for the whole.
        as_json: Whether it is to be JSON.

    Raises:
        ConfigError: The config has no such part, or an interpolation that is to be filled in leads nowhere.
    """
    traced = trace(config, request.overrides, request.config_name, request.config_dirs)
    targets = {place: target(traced.config, place, leaf.value) for place, leaf in traced.leaves.items()}
    with explained():
        if resolve:
            OmegaConf.resolve(traced.config)
        part = part_of(traced.config, package)
    start = place_of(part) if OmegaConf.is_config(part) else selected(traced.config, str(package))
    shown = {place: leaf for place, leaf in traced.leaves.items() if _overlap(place, start)}
    if as_json:
        output.json({dotted(place): _as_json(leaf, targets[place], resolve) for place, leaf in shown.items()})
    else:
        comments = {place[len(start) :]: _comment(leaf, targets[place], resolve) for place, leaf in shown.items()}
        choices = {place: f"chosen by {_name(by)}" for place, by in traced.chosen.items() if len(place) > len(start)}
        comments |= {place[len(start) :]: words for place, words in choices.items() if _overlap(place, start)}
        output.yaml(_annotated(part, comments))


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
    if not OmegaConf.is_config(part) or () in comments:  # a single value, or a list alone, which has no key's line
        text = OmegaConf.to_yaml(part) if OmegaConf.is_config(part) else scalar(part)
        return f"# {comments[()]}\n{text}" if OmegaConf.is_config(part) else f"{text}  # {comments[()]}"
    text = OmegaConf.to_yaml(part)
    lines = text.split("\n")
    at = {found.comment - 1: comments[place] for place, found in key_lines(text).items() if place in comments}
    column = max((len(lines[index]) for index in at if len(lines[index]) <= WIDEST), default=0)
    for index, comment in at.items():
        lines[index] = f"{lines[index]:<{column}}  # {comment}"
    return "\n".join(lines)


def _comment(leaf: Leaf, pointed: Target | None, resolve: bool) -> str:
    words = _name(leaf.origin)
    if pointed:
        came_to = f": {pointed.error}" if pointed.error else f" = {_short(pointed.value)}"
        keys = " and ".join(pointed.keys)
        target = keys if keys and resolve else (keys + came_to).removeprefix(" = ").removeprefix(": ")
        words += f": {_short(pointed.interpolation)} -> {target}" if resolve else f" -> {target}"
    if leaf.replaced:
        by = {"file": " in ", "override": " by "}.get(leaf.replaced.origin.kind)
        words += f", was {_short(leaf.replaced.value)}" + (f"{by}{_name(leaf.replaced.origin)}" if by else "")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in words)


def _name(origin: Origin) -> str:
    if origin.file:
        return f"{file_name(origin.file)}:{origin.line}"
    return origin.override or {"schema": "the schema's default"}.get(origin.kind, "of unknown origin")


def _short(value: Any) -> str:
    """A value in few letters: a word as it is, all else as JSON."""
    word = isinstance(value, str) and value and not any(letter.isspace() for letter in value)
    text = value if word else json.dumps(value, ensure_ascii=False, default=str, skipkeys=True)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
