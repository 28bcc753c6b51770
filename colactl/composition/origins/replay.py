"""A config composed once more, file by file and override by override, to see what each of them does to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import Container, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition import secrets
from colactl.composition.hydra_port import Session, apply, place_of
from colactl.composition.origins.chosen import chosen_by, config_file
from colactl.composition.origins.key_lines import Lines, key_lines
from colactl.composition.origins.places import at, leaves
from colactl.composition.origins.state import UNKNOWN, Leaf, Origin, State, Step
from colactl.composition.overrides import parse
from colactl.redaction import HIDDEN
from colactl.schema.key_path import Place, split_key

HYDRA = "hydra"  # the key of Hydra's own node


def replay(
    session: Session, overrides: Sequence[str], config_name: str
) -> tuple[dict[Place, Leaf], dict[Place, Origin]]:
    """Does what Hydra's loader does, in its own order, and looks after each step.

    Args:
        session: Hydra, initialised.
        overrides: In Hydra's grammar; they are known to compose.
        config_name: The primary config.

    Returns:
        The values of the config without Hydra's node; and of packages whose option was chosen elsewhere than in the
        defaults list with the group, who chose it.
    """
    configs = session.configs(config_name, overrides)
    defaults = configs.defaults(config_name, overrides)
    parsed = parse(overrides)
    config, state = OmegaConf.create(), State()
    chosen: dict[Place, Origin] = {}
    for entry in defaults.entries:
        package = tuple(split_key(entry.package)) if entry.package else ()
        loaded = configs.load(entry.name)
        assert loaded is not None  # Hydra has found it
        placed = _placed(loaded.config, entry.package)
        config.merge_with(placed)
        choice = chosen_by(entry, defaults, parsed, configs)
        if choice and package:
            chosen[package] = choice
        step = _file_step(package, placed, config_file(entry.name, configs), choice)
        state = state.after(_plain(config), step)
    for override in defaults.values:
        if not override.is_hydra_override():
            apply(override, config)
            state = state.after(_plain(config), _override_step(override, config))
    return state.leaves, chosen


def _placed(config: Container, package: str | None) -> Container:
    """What a file says, at its place in the whole config."""
    if not package:
        return config
    whole = OmegaConf.create()
    OmegaConf.update(whole, package, config, merge=False)
    return whole


def _plain(config: Any) -> dict[Any, Any]:
    plain: Any = OmegaConf.to_container(config)
    plain.pop(HYDRA, None)
    return dict(plain)


def _file_step(package: Place, placed: Container, file: Path | None, choice: Origin | None) -> Step:
    @cache  # of one step: most of Hydra's own files are never asked about
    def lines() -> dict[Place, Lines]:
        return key_lines(file.read_text(encoding="utf-8")) if file and file.is_file() else {}

    def origin(place: Place) -> Origin:
        found = lines().get(place[len(package) :])
        return Origin("file", file, found.key, chosen_by=choice) if found else UNKNOWN

    return Step(package, leaves(_plain(placed)), origin)


def _override_step(override: Override, config: DictConfig) -> Step:
    value = override.value()
    place = _changed(override.key_or_group, config)
    said = {} if override.is_delete() else leaves(value, place)
    origin = Origin("override", override=_text(override, value))
    return Step(place, said, lambda _: origin, decides=True)


def _changed(key: str, config: DictConfig) -> Place:
    """The place that an override of a key has changed: Hydra 1.4 follows an interpolation on the way there."""
    *above, last = split_key(key)
    with suppress(OmegaConfBaseException):
        parent = at(config, above)
        place = place_of(parent) if OmegaConf.is_config(parent) else ()
        if place and [str(part) for part in place] != above:
            return (*place, last)
    return (*above, last)


def _text(override: Override, value: Any) -> str:
    """As typed, unless it holds a secret: another override may have replaced that, so that the config holds none."""
    faulty = secrets.faults(OmegaConf.create({override.key_or_group.rpartition(".")[2]: value}))
    return f"{override.get_key_element()}={HIDDEN}" if any(faulty) else str(override.input_line)
