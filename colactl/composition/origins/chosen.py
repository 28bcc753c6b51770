"""Who chose the options of groups, where it is not the defaults list that has the group."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from pathlib import Path

from hydra.core.override_parser.types import Override

from colactl.composition.hydra_port import Configs, Defaults, Entry, yaml_name
from colactl.composition.origins.key_lines import key_lines
from colactl.composition.origins.state import Origin


def chosen_by(entry: Entry, defaults: Defaults, overrides: Sequence[Override], configs: Configs) -> Origin | None:
    """The override, or the `override` entry of a config's defaults list, that chose an option.

    Args:
        entry: Of the final defaults list.
        defaults: The whole of it.
        overrides: All there are.
        configs: Those that there are.

    Returns:
        None for an option that stands in the defaults list which brought its group, and for what is of no group.
    """
    group = entry.group or _group_around(entry, defaults.choices)
    for override in reversed(overrides):
        named = override.get_key_element().removeprefix("+")
        if named == group and override not in defaults.values:
            return Origin("override", override=str(override.input_line))
    if group not in defaults.chosen_in:
        return None
    config, named = defaults.chosen_in[group]
    file = config_file(config, configs)
    return Origin("file", file, _line_of(file, named)) if file else None


def _group_around(entry: Entry, choices: Mapping[str, str | None]) -> str | None:
    """The group whose option a config is or stands in: Hydra does not say where it has a defaults list or is in one."""
    for config in (entry.name, entry.parent):
        group, _, option = str(config).rpartition("/")
        for key in (f"{group}@{entry.package or '_global_'}", group):
            if choices.get(key) == option:
                return key
    return None


def config_file(name: str, configs: Configs) -> Path | None:
    """The file that a config such as `model/bert` is read from; None if it comes from code, as a plugin's does."""
    loaded = configs.load(name)
    scheme, _, source = loaded.source.partition("://") if loaded else ("", "", "")
    if scheme == "pkg":
        return Path(str(importlib.resources.files(source.replace("/", ".")).joinpath(yaml_name(name))))
    return Path(source, yaml_name(name)) if scheme == "file" else None


def _line_of(file: Path, key: str) -> int | None:
    """The line of the entry for a group in a file's defaults list; before the group there are words like `override`."""
    for place, lines in key_lines(file.read_text(encoding="utf-8")).items():
        if len(place) == 3 and place[0] == "defaults" and str(place[2]).split(" ")[-1] == key:
            return lines.key
    return None
