"""A config composed once more, file by file and override by override, to see what each of them does to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.defaults_list import create_defaults_list
from hydra._internal.hydra import Hydra
from hydra.core.override_parser.types import Override
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf
from omegaconf._utils import split_key  # Hydra's own way to read a dotted key, brackets and all

from colactl.composition.checks import secrets
from colactl.composition.checks.examine import Place
from colactl.composition.origins.chosen import chosen_by, config_file
from colactl.composition.origins.key_lines import Lines, key_lines
from colactl.composition.origins.places import leaves
from colactl.composition.origins.state import UNKNOWN, Leaf, Origin, State, Step
from colactl.redaction import HIDDEN

HYDRA = "hydra"  # the key of Hydra's own node


def replay(hydra: Hydra, overrides: Sequence[str], config_name: str) -> tuple[dict[Place, Leaf], dict[Place, Origin]]:
    """Does what Hydra's loader does, in its own order and with its own pieces, and looks after each step.

    Args:
        hydra: Of an open session.
        overrides: In Hydra's grammar; they are known to compose.
        config_name: The primary config.

    Returns:
        The values of the config without Hydra's node; and of packages whose option was chosen elsewhere than in the
        defaults list with the group, who chose it.
    """
    loader = hydra.config_loader
    assert isinstance(loader, ConfigLoaderImpl)  # there is no other
    parsed, repository = loader._parse_overrides_and_create_caching_repo(config_name, list(overrides))
    defaults = create_defaults_list(repository, config_name, parsed, prepend_hydra=True, skip_missing=False)
    config, state = OmegaConf.create(), State()
    chosen: dict[Place, Origin] = {}
    for default in defaults.defaults:
        loaded = loader._load_single_config(default, repository)
        config.merge_with(loaded.config)
        package = tuple(split_key(default.package)) if default.package else ()
        choice = chosen_by(default, defaults, parsed, repository)
        if choice and package:
            chosen[package] = choice
        step = _file_step(package, loaded, config_file(str(default.config_path), repository), choice)
        state = state.after(_plain(config), step)
    for override in defaults.config_overrides:
        if not override.is_hydra_override():
            loader._apply_overrides_to_config([override], config)
            state = state.after(_plain(config), _override_step(override))
    return state.leaves, chosen


def _plain(config: Any) -> dict[Any, Any]:
    plain: Any = OmegaConf.to_container(config)
    plain.pop(HYDRA, None)
    return dict(plain)


def _file_step(package: Place, loaded: ConfigResult, file: Path | None, choice: Origin | None) -> Step:
    @cache  # of one step: most of Hydra's own files are never asked about
    def lines() -> dict[Place, Lines]:
        return key_lines(file.read_text(encoding="utf-8")) if file and file.is_file() else {}

    def origin(place: Place) -> Origin:
        found = lines().get(place[len(package) :])
        return Origin("file", file, found.key, chosen_by=choice) if found else UNKNOWN

    return Step(package, leaves(_plain(loaded.config)), origin)


def _override_step(override: Override) -> Step:
    value = override.value()
    place = tuple(split_key(override.key_or_group))
    said = {} if override.is_delete() else leaves(value, place)
    origin = Origin("override", override=_text(override, value))
    return Step(place, said, lambda _: origin, decides=True)


def _text(override: Override, value: Any) -> str:
    """As typed, unless it holds a secret: another override may have replaced that, so that the config holds none."""
    faulty = secrets.faults(OmegaConf.create({override.key_or_group.rpartition(".")[2]: value}))
    return f"{override.get_key_element()}={HIDDEN}" if any(faulty) else str(override.input_line)
