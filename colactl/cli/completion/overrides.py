"""Overrides: groups and their options, keys and their values, as Hydra composes them after what is typed already."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from colactl.cli.completion.keys import Leaf, Tree, leaves, merge, parts, plain_keys, read_keys
from colactl.cli.completion.line import Item, Line, expanded
from colactl.composition.hydra_port import Configs, Defaults, Session
from colactl.composition.session import explained, hydra_session
from colactl.errors import ConfigError
from colactl.schema.arguments import optimizer_arguments, trainer_arguments
from colactl.schema.config_files import description
from colactl.schema.groups import HONOURED, LAUNCHER, declared

SIGNS = ("++", "+", "~", "")
ONLY = {"evaluate": "data"}  # the group that a command takes overrides of, where it does not take all
MOST_COMPOSED = 8  # further choices of a sweep; each takes about a tenth of the time of --help
MOST_FOLDERS = 100  # that are searched for options; somebody's home folder has more
CURRENT = "as it is now"
FLAGS = ("true", "false")
PLAIN = re.compile(r"[\w.,:/+-]+")  # what no shell and no part of Hydra's grammar has a meaning for


def complete_override(line: Line, word: str) -> list[Item]:
    """What an override may be that begins with `word`."""
    sign = next(sign for sign in SIGNS if word.startswith(sign))
    key, equals, value = word.removeprefix(sign).partition("=")
    with typed_config(line) as config:
        if equals:
            before, last = _split_list(value, line.command == "sweep")
            values = [item for item in config.values(key) if item.text.startswith(last)]
            used = re.split(r"[,(\[]", before)
            return [replace(item, text=f"{sign}{key}={before}{item.text}") for item in values if item.text not in used]
        only = ONLY.get(line.command)
        names = (item for item in _names(config, sign, key) if only in (None, re.split(r"[.@=/]", item.text)[0]))
        return [replace(item, text=sign + item.text) for item in _next_level(key, names)]


def complete_part(line: Line, word: str) -> list[Item]:
    """The key of a config, as `show-config --package` takes it, that begins with `word`."""
    with typed_config(line) as config:
        return _next_level(word, parts(config.keys))


def complete_config_name(line: Line) -> list[Item]:
    """The primary configs."""
    with typed_config(line) as config:
        return config.options("")


class Config:
    """The config that is being put together on the command line.

    Args:
        session: Hydra.
        line: The overrides that are typed already.
    """

    def __init__(self, session: Session, line: Line) -> None:
        self._session = session
        self._line = line

    def names(self) -> Iterator[Item]:
        """The groups and keys of the config."""
        yield from (Item(f"{name}=") for name in self.groups)
        yield from leaves(self.keys)
        yield from leaves(_part(_part(self._tree, "hydra"), "launcher"), "hydra.launcher.")
        yield from (Item(f"{key}=") for key in HONOURED if key != "hydra.launcher")

    def options(self, group: str) -> list[Item]:
        """The options of a group, each with its file's description; of "" the primary configs."""
        names = [name for name in self._configs.options(group) if not name.startswith(("_", "."))]
        files = [self._configs.file(f"{group}/{name}".lstrip("/")) for name in names]
        return [Item(name, description(file) if file else "") for name, file in zip(names, files, strict=True)]

    def values(self, key: str) -> list[Item]:
        """The options of a group, or the values of a key: the one that it has, and the ones that it may have."""
        group = key.partition("@")[0]
        if group and "." not in group and (options := self.options(group)):
            return options
        node: Any = self._tree
        for name in key.split("."):
            node = node.get(name) if isinstance(node, dict) else None
        return values(key, node if isinstance(node, Leaf) else Leaf())

    def further_groups(self, word: str) -> Iterator[Item]:
        """The groups that no defaults list has, at the level that `word` is at."""
        parent = word.rpartition("/")[0]
        for group in self._subgroups(parent):
            if group not in self.groups and self._configs.options(group):
                yield Item(f"{group}=")
            if self._has_groups(group):
                yield Item(f"{group}/")

    def further_keys(self, word: str) -> Iterator[Item]:
        """The arguments of Lightning's Trainer and of the optimizer that the config does not have.

        Args:
            word: What is typed: their sources are large, and only read when the part is named.
        """
        target = _part(self.keys, "optimizer").get("_target_", Leaf()).text
        arguments: dict[str, Callable[[], Collection[str] | None]] = {
            "training": trainer_arguments,
            "optimizer": lambda: optimizer_arguments(target),
        }
        for part, known in arguments.items():
            if word.startswith(f"{part}."):
                present = _part(self.keys, part)
                yield from (Item(f"{part}.{name}=") for name in sorted(known() or ()) if name not in present)
            else:
                yield Item(f"{part}.")

    @cached_property
    def groups(self) -> list[str]:
        """The groups of the defaults lists, as overrides name them; of Hydra's own the launcher's alone."""
        names = {name for defaults in self._defaults for name in defaults.choices}
        return sorted(name for name in names if name == LAUNCHER or not name.startswith("hydra/"))

    @property
    def keys(self) -> Tree:
        """The keys without Hydra's own."""
        return {name: node for name, node in self._tree.items() if name != "hydra"}

    @cached_property
    def _tree(self) -> Tree:
        tree: Tree = {}
        places = ((entry.name, entry.package or "") for defaults in self._defaults for entry in defaults.entries)
        for name, package in dict.fromkeys(places):
            if package.split(".")[0] != "hydra" or package == "hydra.launcher":
                merge(tree, package, self._keys_of(name))
        return tree

    @cached_property
    def _configs(self) -> Configs:
        with suppress(ConfigError), explained():
            return self._session.configs(self._line.config_name)
        return self._session.configs(None)  # the primary config is broken

    @cached_property
    def _defaults(self) -> list[Defaults]:
        """What the config is made of: with the first of each sweep's choices, then with each of the others."""
        words = [choices for text in self._line.overrides if (choices := self._choices(text))]
        composed = self._compose([word[0] for word in words])
        if composed is None:  # one of them is wrong
            words = [word for word in words if self._compose([word[0]])]
            composed = self._compose([word[0] for word in words])
        others = (
            [*(word[0] for word in words[:at]), choice, *(word[0] for word in words[at + 1 :])]
            for at, word in enumerate(words)
            for choice in word[1:]
        )
        return [*filter(None, [composed, *map(self._compose, islice(others, MOST_COMPOSED))])]

    def _choices(self, text: str) -> list[str]:
        """An override, or several where a sweep chooses among options; none where it cannot be read."""
        with suppress(ConfigError), explained():
            (override,) = self._session.parse([text])
            if not override.is_sweep_override():
                return [text]
            if self._configs.is_group(override.key_or_group):
                return [f"{override.get_key_element()}={option}" for option in override.sweep_string_iterator()]
        return []

    def _compose(self, overrides: list[str]) -> Defaults | None:
        """The defaults list under some overrides; None where Hydra refuses them."""
        with suppress(ConfigError), explained():
            return self._configs.defaults(self._line.config_name, overrides)
        return None

    def _keys_of(self, name: str) -> Tree:
        """What a config holds by itself."""
        file = self._configs.file(name)
        if file is not None:
            with suppress(yaml.YAMLError):
                return read_keys(file)
        loaded = self._configs.load(name)
        plain: Any = OmegaConf.to_container(loaded.config) if loaded else {}
        keys = plain_keys(plain)
        keys.pop("_target_", None)
        return keys

    def _subgroups(self, parent: str) -> list[str]:
        names = sorted(set(self._configs.groups(parent)) - ({"hydra"} if not parent else set()))  # that is Hydra's own
        return [f"{parent}/{name}".lstrip("/") for name in names if name[0] not in "._"]

    def _has_groups(self, parent: str) -> bool:
        """Whether there are groups with options below another; of many folders only some are searched."""
        below = self._subgroups(parent)
        for number, group in enumerate(below):
            if self._configs.options(group):
                return True
            if number < MOST_FOLDERS and len(below) < MOST_FOLDERS:
                below += self._subgroups(group)
        return False


def values(key: str, leaf: Leaf) -> list[Item]:
    """The values of a key, by what it may be and what it is now."""
    current = leaf.text if PLAIN.fullmatch(leaf.text) else ""
    declaration = declared(key)
    known = (declaration.choices or declaration.usual) if declaration else ()
    known = known or (FLAGS if leaf.is_flag else ())
    known = known if not current or current in known else (current, *known)
    return [Item(value, CURRENT if value == current else "") for value in known]


@contextmanager
def typed_config(line: Line) -> Iterator[Config]:
    """Opens Hydra on the config folders that are typed; those that cannot be read are left out."""
    # Hydra takes the folder of a run for a folder of configs, whose primary config is the run's.
    runs = [folder for run in line.given.get("--rerun", ()) for folder in (run, f"{run}/.hydra")]
    folders = [Path(expanded(folder)) for folder in runs or line.config_dirs]
    folders = [folder for folder in folders if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)]
    with warnings.catch_warnings(), hydra_session(folders) as session:
        warnings.simplefilter("ignore")  # Hydra's, about the files
        yield Config(session, line)


def _names(config: Config, sign: str, word: str) -> Iterator[Item]:
    """What an override of such a sign may name; where there is more below, it ends with a dot."""
    if sign != "+":
        names = sorted(config.names(), key=lambda item: item.text)
        yield from names if sign != "~" else _deletable(names)
    if sign == "+":
        yield from config.further_groups(word)
    if sign in ("+", "++"):
        yield from config.further_keys(word)


def _deletable(names: Iterable[Item]) -> Iterator[Item]:
    return (replace(item, text=item.text.rstrip("=")) for item in names if not item.text.startswith("hydra"))


def _split_list(value: str, sweeps: bool) -> tuple[str, str]:
    """A list's values up to the last one, and that one; only a sweep takes a list without brackets."""
    if not sweeps and not value.startswith("["):
        return "", value
    at = max(map(value.rfind, ",([")) + 1
    return value[:at], value[at:]


def _next_level(word: str, names: Iterable[Item]) -> list[Item]:
    """The names that begin with a word, up to the next part of each, as a shell completes the paths of files."""
    items: dict[str, Item] = {}
    for item in names:
        if item.text.startswith(word):
            end = re.search(r"[./@]", item.text[len(word) :])
            text = item.text[: len(word) + end.end()] if end else item.text
            items.setdefault(text, item if text == item.text else Item(text))
    return list(items.values())


def _part(tree: Tree, name: str) -> Tree:
    part = tree.get(name)
    return part if isinstance(part, dict) else {}
