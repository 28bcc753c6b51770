"""Where each value of a composed config comes from, and what it replaced."""

from __future__ import annotations

import importlib.resources
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition import secrets
from colactl.composition.hydra_port import Configs, Defaults, Entry, Session, apply, place_of, yaml_name
from colactl.composition.key_lines import Lines, key_lines
from colactl.composition.overrides import parse
from colactl.composition.session import explained, hydra_session
from colactl.composition.validate import trainable, validate
from colactl.redaction import HIDDEN
from colactl.schema.config_files import config_dir
from colactl.schema.key_path import Place, dotted, split_key

HYDRA = "hydra"  # the key of Hydra's own node


@dataclass(frozen=True)
class Origin:
    """Who set a value.

    Attributes:
        kind: A config file, an override, or the schema where no config says anything; unknown where it cannot be found
            out, such as for a config that is not a file.
        file: The file.
        line: Of the key in that file, counted from 1.
        override: As typed.
        chosen_by: Who chose this file's option of its group, where the defaults list with the group has another.
    """

    kind: Literal["file", "override", "schema", "unknown"]
    file: Path | None = None
    line: int | None = None
    override: str | None = None
    chosen_by: Origin | None = None

    def as_json(self) -> dict[str, Any]:
        """As plain containers, with what this kind has."""
        every = {
            "kind": self.kind,
            "file": self.file and str(self.file),
            "line": self.line,
            "override": self.override,
            "chosen_by": self.chosen_by and self.chosen_by.as_json(),
        }
        return {key: value for key, value in every.items() if value is not None}


UNKNOWN = Origin("unknown")


@dataclass(frozen=True)
class Leaf:
    """A value, unresolved.

    Attributes:
        value: Not a mapping, or an empty one; what was replaced may have been any mapping.
        origin: Who set it.
        replaced: The value that gave way to it.
    """

    value: Any
    origin: Origin
    replaced: Leaf | None = None


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
            step gives another value, that value's origin is unknown.
        overrides: In Hydra's grammar.
        config_name: The primary config.
        config_dirs: The user's folders, searched before the shipped configs.

    Raises:
        ConfigError: The config cannot be trained although it has all that training needs.
    """
    replay = _Replay()
    with hydra_session(config_dirs) as session, explained(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Hydra gave them when it composed the config first
        replay.run(session, overrides, config_name)
    traced: dict[Place, Leaf] = {}
    for place, value in leaves(config).items():
        leaf = replay.leaves.get(place)
        traced[place] = _without_secrets(place, leaf) if leaf and _same(leaf.value, value) else Leaf(value, UNKNOWN)
    if not trainable(config):
        return Traced(config, traced, replay.chosen)
    completed = OmegaConf.merge(validate(config), config)  # with what the config itself says, not what it converts to
    assert isinstance(completed, DictConfig)
    schema = Origin("schema")
    every = {place: traced.get(place) or Leaf(value, schema) for place, value in leaves(completed).items()}
    return Traced(completed, every, replay.chosen)


def file_name(file: Path) -> str:
    """A file in short: a shipped one from the configs' folder on, any other from the working directory on."""
    shipped, here = config_dir(), Path.cwd()
    if file.is_relative_to(shipped):
        return str(file.relative_to(shipped))
    if not file.is_relative_to(here):
        return str(file)
    name = file.relative_to(here)
    return f"./{name}" if (shipped / name).is_file() else str(name)  # or it would be taken for the shipped one


def leaves(config: Any, place: Place = ()) -> dict[Place, Any]:
    """The values of a config or of a part of it, unresolved, that are no mappings, or empty ones; a list is one value.

    Args:
        config: Or plain containers.
        place: Where it stands.
    """
    plain = OmegaConf.to_container(config) if OmegaConf.is_config(config) else config
    return dict(_walk(plain, place))


def _walk(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict) and (value or not place):
        for key, child in value.items():
            yield from _walk(child, (*place, key))
    else:
        yield place, value


def selected(config: DictConfig, key: str) -> Place:
    """Where a dotted key leads, interpolations on the way followed but not at its end; the key may be a new one."""
    *above, last = split_key(key)
    return (*place_of(_select(config, above)), last)


def _select(config: DictConfig, parts: Sequence[str]) -> Any:
    """What stands where the parts of a key lead, interpolations on the way followed; None where nothing does."""
    bracketed = "".join(f"[{part}]" for part in parts)  # a part may hold a dot
    return OmegaConf.select(config, bracketed) if parts else config


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one type: 1 is not 1.0, nor True."""
    return repr(one) == repr(other)


class _Replay:
    """Composes a config as Hydra's loader does, one file or override after the other, and compares after each step.

    Attributes:
        leaves: The values so far.
        chosen: As in `Traced`.
    """

    def __init__(self) -> None:
        self.leaves: dict[Place, Leaf] = {}
        self.chosen: dict[Place, Origin] = {}
        self._config = OmegaConf.create()
        self._plain: dict[Any, Any] = {}  # the config after the step before, as plain containers
        self._mappings: dict[Place, Origin] = {}  # who wrote to each mapping last

    def run(self, session: Session, overrides: Sequence[str], config_name: str) -> None:
        """Takes all steps.

        Args:
            session: Hydra, initialised.
            overrides: In Hydra's grammar; they are known to compose.
            config_name: The primary config.
        """
        configs = session.configs(config_name, overrides)
        defaults = configs.defaults(config_name, overrides)
        parsed = parse(overrides)
        for entry in defaults.entries:
            self._merge(entry, _chosen_by(entry, defaults, parsed, configs), configs)
        for override in defaults.values:
            if not override.is_hydra_override():
                self._apply(override)

    def _merge(self, entry: Entry, choice: Origin | None, configs: Configs) -> None:
        loaded, file = configs.load(entry.name), _config_file(entry.name, configs)
        assert loaded is not None  # Hydra has found it
        package = tuple(split_key(entry.package)) if entry.package else ()
        placed = loaded.config
        if entry.package:
            placed = OmegaConf.create()
            OmegaConf.update(placed, entry.package, loaded.config, merge=False)
        if choice and package:
            self.chosen[package] = choice

        @cache  # most of Hydra's own files are never asked about
        def lines() -> dict[Place, Lines]:
            return key_lines(file.read_text(encoding="utf-8")) if file and file.is_file() else {}

        def origin(place: Place) -> Origin:
            written = lines().get(place[len(package) :])
            return Origin("file", file, written.key, chosen_by=choice) if written else UNKNOWN

        self._config.merge_with(placed)
        self._update(package, leaves(_plain(placed)), origin)

    def _apply(self, override: Override) -> None:
        value = override.value()
        apply(override, self._config)
        place = _changed(override.key_or_group, self._config)
        origin = Origin("override", override=_without_secret(override, value))
        self._update(place, {} if override.is_delete() else leaves(value, place), lambda _: origin, decides=True)

    def _update(
        self, start: Place, said: dict[Place, Any], origin: Callable[[Place], Origin], decides: bool = False
    ) -> None:
        """Finds the origin of every value after a step.

        Args:
            start: Where the step begins: a file's package, an override's key.
            said: What the file or the override says.
            origin: Tells the origin of a value or mapping that it says.
            decides: Whether it has set all that has changed, also what it does not name, such as an override of a
                list's item.
        """
        named = {place[:depth] for place in said for depth in range(1, len(place) + 1)}

        def leaf(place: Place, value: Any) -> Leaf:
            earlier = self.leaves.get(place)
            kept = earlier if earlier and _same(earlier.value, value) else None
            if place in said and not _same(said[place], value):
                return kept or Leaf(value, UNKNOWN)  # a file's ??? sets nothing where there is a value
            if kept and place not in named:
                return kept
            if place in named or decides:
                return Leaf(value, origin(place), self._at(place))
            above = self._leaf_above(place)  # an interpolation that brought a mapping, of which a merge makes a copy
            return Leaf(value, above.origin if above else UNKNOWN)

        plain = _plain(self._config)
        self.leaves = {place: leaf(place, value) for place, value in leaves(plain).items()}
        self._mappings |= {place: origin(place) for place in named if place[: len(start)] == start}
        self._plain = plain

    def _at(self, place: Place) -> Leaf | None:
        """What stood at a place, or where the place was to come into being, before this step."""
        leaf = self.leaves.get(place) or self._leaf_above(place)
        if leaf:
            was_filled = isinstance(leaf.value, dict) and place not in self.leaves  # an empty mapping
            return None if was_filled else Leaf(leaf.value, leaf.origin)
        value: Any = self._plain
        for key in place:
            if not isinstance(value, dict) or key not in value:
                return None
            value = value[key]
        below = (leaf.origin for child, leaf in self.leaves.items() if child[: len(place)] == place)
        return Leaf(value, self._mappings.get(place) or next(below, UNKNOWN))

    def _leaf_above(self, place: Place) -> Leaf | None:
        return next((self.leaves[place[:depth]] for depth in range(len(place)) if place[:depth] in self.leaves), None)


def _plain(config: Any) -> dict[Any, Any]:
    plain: Any = OmegaConf.to_container(config)
    return {key: value for key, value in plain.items() if key != HYDRA}


def _changed(key: str, config: DictConfig) -> Place:
    """The place that an override of a key has changed: Hydra 1.4 follows an interpolation on the way there."""
    *above, last = split_key(key)
    with suppress(OmegaConfBaseException):
        parent = _select(config, above)
        place = place_of(parent) if OmegaConf.is_config(parent) else ()
        if place and [str(part) for part in place] != above:
            return (*place, last)
    return (*above, last)


def _chosen_by(entry: Entry, defaults: Defaults, overrides: Sequence[Override], configs: Configs) -> Origin | None:
    """The override, or the `override` entry of a config's defaults list, that chose an option.

    Args:
        entry: Of the final defaults list.
        defaults: The whole of it.
        overrides: All of them.
        configs: Where Hydra looks.

    Returns:
        None for an option that stands in the defaults list which brought its group, and for what is of no group.
    """
    group = entry.group or _group_around(entry, defaults)
    for override in reversed(overrides):
        if override.get_key_element().removeprefix("+") == group and override not in defaults.values:
            return Origin("override", override=str(override.input_line))
    if group not in defaults.chosen_in:
        return None
    config, named = defaults.chosen_in[group]
    file = _config_file(config, configs)
    if file is None:
        return None
    places = key_lines(file.read_text(encoding="utf-8")).items()
    lines = (  # of the entry in its defaults list; before the group there are words like `override`
        lines.key
        for place, lines in places
        if len(place) == 3 and place[0] == "defaults" and str(place[2]).split(" ")[-1] == named
    )
    return Origin("file", file, next(lines, None))


def _group_around(entry: Entry, defaults: Defaults) -> str | None:
    """The group whose option a config is or stands in: Hydra does not say where it has a defaults list or is in one."""
    for config in (entry.name, entry.parent):
        group, _, option = str(config).rpartition("/")
        for key in (f"{group}@{entry.package or '_global_'}", group):
            if defaults.choices.get(key) == option:
                return key
    return None


def _config_file(name: str, configs: Configs) -> Path | None:
    """The file that a config such as `model/bert` is read from; None if it comes from code, as a plugin's does."""
    loaded = configs.load(name)
    scheme, _, source = loaded.path.partition("://") if loaded else ("", "", "")
    if scheme == "pkg":
        return Path(str(importlib.resources.files(source.replace("/", ".")).joinpath(yaml_name(name))))
    return Path(source, yaml_name(name)) if scheme == "file" else None


def _without_secret(override: Override, value: Any) -> str:
    """As typed, unless it holds a secret: another override may have replaced that, so that the config holds none."""
    faults = secrets.faults(OmegaConf.create({override.key_or_group.rpartition(".")[2]: value}))
    return f"{override.get_key_element()}={HIDDEN}" if any(faults) else str(override.input_line)


def _without_secrets(place: Place, leaf: Leaf) -> Leaf:
    """The config itself holds no secret, or it would not be shown; what was replaced may have been one."""
    hidden = leaf.replaced and replace(leaf.replaced, value=_hide_secrets(place, leaf.replaced.value))
    return replace(leaf, replaced=hidden)


def _hide_secrets(place: Place, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _hide_secrets((*place, key), child) for key, child in value.items()}
    if isinstance(value, list):
        return [_hide_secrets((*place, index), child) for index, child in enumerate(value)]
    literal = not (isinstance(value, str) and "${" in value)
    return HIDDEN if secrets.leaf_fault(dotted(place), str(place[-1]), value, literal) else value
