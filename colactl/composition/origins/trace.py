"""Where each value of a composed config comes from, and what it replaced."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.composition import secrets
from colactl.composition.origins.places import leaves
from colactl.composition.origins.replay import replay
from colactl.composition.origins.state import UNKNOWN, Leaf, Origin, same
from colactl.composition.session import explained, hydra_session
from colactl.composition.validate import trainable, validate
from colactl.redaction import HIDDEN
from colactl.schema.config_files import config_dir
from colactl.schema.key_path import Place, dotted


@dataclass(frozen=True)
class Traced:
    """A config and where it comes from.

    Attributes:
        config: As it was composed, with the schema's defaults for keys that a user's own option left out.
        leaves: Every value of it that is no mapping, or an empty one; a list is one value.
        chosen: Who chose the option that is at a package, where the defaults list with its group has another.
    """

    config: DictConfig
    leaves: dict[Place, Leaf]
    chosen: dict[Place, Origin]


def trace(
    config: DictConfig, overrides: Sequence[str], config_name: str = "config", config_dirs: Sequence[Path | str] = ()
) -> Traced:
    """Finds the file and line, the override or the schema's default that set each value.

    Args:
        config: What `compose` made of the rest, unresolved and without Hydra's node. Where composing it again step by
            step comes to another value, that value's origin is said to be unknown.
        overrides: In Hydra's grammar.
        config_name: The primary config.
        config_dirs: The user's folders, searched before the shipped configs.

    Raises:
        ConfigError: The config cannot be trained although it has all that training needs.
    """
    with hydra_session(config_dirs) as session, explained(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was composed before, and Hydra has said then what it had to
        replayed, chosen = replay(session, overrides, config_name)
    found = {
        place: _without_secrets(place, leaf)
        if (leaf := replayed.get(place)) and same(leaf.value, value)
        else Leaf(value, UNKNOWN)
        for place, value in leaves(config).items()
    }
    if not trainable(config):
        return Traced(config, found, chosen)
    completed = OmegaConf.merge(validate(config), config)  # with what the config itself says, not what it converts to
    assert isinstance(completed, DictConfig)
    schema = Origin("schema")
    every = {place: found.get(place) or Leaf(value, schema) for place, value in leaves(completed).items()}
    return Traced(completed, every, chosen)


def file_name(file: Path) -> str:
    """A file in short: a shipped one from the configs' folder on, any other from the working directory on."""
    shipped, here = config_dir(), Path.cwd()
    if file.is_relative_to(shipped):
        return str(file.relative_to(shipped))
    if not file.is_relative_to(here):
        return str(file)
    name = file.relative_to(here)
    return f"./{name}" if (shipped / name).is_file() else str(name)  # or it would be taken for the shipped one


def _without_secrets(place: Place, leaf: Leaf) -> Leaf:
    """The config itself holds no secret, or it would not be shown; what was replaced may have been one."""
    replaced = leaf.replaced and replace(leaf.replaced, value=_blotted(place, leaf.replaced.value))
    return replace(leaf, replaced=replaced)


def _blotted(place: Place, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _blotted((*place, key), child) for key, child in value.items()}
    if isinstance(value, list):
        return [_blotted((*place, index), child) for index, child in enumerate(value)]
    literal = not (isinstance(value, str) and "${" in value)
    return HIDDEN if secrets.leaf_fault(dotted(place), str(place[-1]), value, literal) else value
