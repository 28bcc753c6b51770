"""All that colactl uses of Hydra and OmegaConf beyond what the two publish: a change of either ends in this file.

It was tried with Hydra 1.3.8 on OmegaConf 2.3 and with Hydra 1.4.0rc3 on OmegaConf 2.4.1rc1. Each private use has a
comment: what it needs, since which version it is there, and what would happen without it. Each has a test that is named
after it in tests/composition/test_hydra_port.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import hydra
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, ConfigRepository
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.plugins.config_source import ConfigResult
from hydra.types import HydraContext, RunMode
from omegaconf import Container, DictConfig, Node, ValueNode
from omegaconf import _utils as omegaconf_utils
from omegaconf.grammar_parser import parse
from omegaconf.grammar_visitor import GrammarVisitor

# Hydra 1.3 warns where version_base is omitted, and 1.4 where it is given.
VERSION_BASE: dict[str, str] = {"version_base": "1.3"} if hydra.__version__.startswith("1.3.") else {}


@dataclass(frozen=True)
class Guards:
    """What is asked before Hydra reads something; each of them may raise.

    Attributes:
        file: Entered while a config file is read; it yields the number of nodes in the file.
        folder: Is given each folder that a config adds to the search path.
        composition: Called when a composition begins; what it returns is given the name and the nodes of each config
            that this composition loads, as often as it does.
    """

    file: Callable[[Path], AbstractContextManager[int]]
    folder: Callable[[str], None]
    composition: Callable[[], Callable[[str, int], None]]

    def __deepcopy__(self, memo: dict[int, Any]) -> Guards:
        return self  # Hydra copies a repository, and all that is in it, for each composition


class Session:
    """Hydra on a search path.

    Args:
        search_path: Where configs are.
        guards: What is asked before they are read.
    """

    def __init__(self, search_path: ConfigSearchPath, guards: Guards) -> None:
        self._loader = _Loader(search_path, guards)

    def compose(self, config_name: str, overrides: Sequence[str], run_mode: RunMode = RunMode.RUN) -> DictConfig:
        """Composes a config, with Hydra's own node.

        `hydra.compose` is for a run only: it has no mode in which the values of a sweep are left to the sweeper.
        """
        return self._loader.load_configuration(config_name, list(overrides), run_mode, from_shell=False)

    def parse(self, overrides: Sequence[str]) -> list[Override]:
        """Parses overrides; a `glob` among them finds the options of this session."""
        return OverridesParser.create(config_loader=self._loader).parse_overrides(list(overrides))

    def configs(self, config_name: str | None, overrides: Sequence[str] = ()) -> Configs:
        """Where Hydra looks when it composes; a primary config, if one is named, may add folders of its own."""
        # Hydra makes the repository of one composition in this method, with the folders of hydra.searchpath. Since 1.1;
        # 1.4 has given it a third argument. The public get_group_options does not say whether there is a certain
        # config, loads none, and reads the primary config anew each time: to list the groups would take seconds.
        _, repository = self._loader._parse_overrides_and_create_caching_repo(config_name, list(overrides))
        return Configs(repository)


class Configs:
    """The groups and configs that one composition can choose from."""

    def __init__(self, repository: CachingConfigRepository) -> None:
        self._repository = repository

    def groups(self, parent: str = "") -> list[str]:
        """The names of the groups in another one, or at the top."""
        return self._repository.get_group_options(parent, ObjectType.GROUP)

    def options(self, group: str) -> list[str]:
        """The options of a group, sorted; of "" the primary configs."""
        return sorted(set(self._repository.get_group_options(group, ObjectType.CONFIG)))

    def is_group(self, name: str) -> bool:
        """Whether there is such a group."""
        return self._repository.group_exists(name)

    def has(self, name: str) -> bool:
        """Whether there is such a config, such as `model/bert`."""
        return self._repository.config_exists(name)

    def file(self, name: str) -> Path | None:
        """The file of a config; None if there is none, or a package or a plugin has it."""
        # Since 1.0. What a config is loaded with names its folder too, but to load it takes Hydra milliseconds.
        source = next((source for source in self._repository.get_sources() if source.is_config(name)), None)
        return Path(source.path, yaml_name(name)) if source and source.scheme() == "file" else None

    def load(self, name: str) -> ConfigResult | None:
        """What a config holds by itself, and the URL of the folder or package it comes from; None if there is none."""
        return self._repository.load_config(name)

    def defaults(self, config_name: str, overrides: Sequence[str]) -> Defaults:
        """The final defaults list, with who chose each option. Files are read once, however often it is called."""
        # The function is there since 1.1. The public method compute_defaults_list reads every file again. The fields of
        # what it returns are private in both: those of DefaultsList, and of the ResultDefault that each entry is, are
        # there since 1.1 as well. Without them neither --origin nor completion knew which files a config is made of.
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        made = create_defaults_list(self._repository, config_name, parsed, prepend_hydra=True, skip_missing=False)
        chosen_in = {
            group: (str(by.containing_config_path), str(by.relative_key))
            for group, by in made.overrides.override_metadata.items()
            if by.containing_config_path is not None
        }
        entries = [Entry(str(one.config_path), one.package, one.parent, one.override_key) for one in made.defaults]
        return Defaults(entries, made.config_overrides, made.overrides.known_choices, chosen_in)


@dataclass(frozen=True)
class Entry:
    """One config of a final defaults list.

    Attributes:
        name: Such as `model/bert`.
        package: The dotted key that it is merged at; None or empty for the top.
        parent: The config whose defaults list brings it; `<root>` for the primary one.
        group: Its group as an override names it; None where Hydra does not say, as for many with a defaults list.
    """

    name: str
    package: str | None
    parent: str | None
    group: str | None


@dataclass(frozen=True)
class Defaults:
    """What a config is made of, in the order in which Hydra merges it.

    Attributes:
        entries: The configs.
        values: The overrides that change values; the others choose options.
        choices: The option in force of each group, by the group with its package.
        chosen_in: The groups whose option an `override` entry of a defaults list chose, with the config that has this
            entry and the group as it is named there.
    """

    entries: Sequence[Entry]
    values: Sequence[Override]
    choices: dict[str, str | None]
    chosen_in: dict[str, tuple[str, str]]


def apply(override: Override, config: DictConfig) -> None:
    """Applies an override of a value to a config, as Hydra does."""
    # Since 1.1. OmegaConf.update alone knows neither + and ~ nor their messages, and to compose the whole config once
    # more for each of a hundred overrides would take seconds.
    ConfigLoaderImpl._apply_overrides_to_config([override], config)


class _Files(FileConfigSource):
    """Hydra's source of files, since 1.0: a config file is looked through before OmegaConf reads it.

    Without it, 258 bytes of nested anchors take half a minute and 400 MB. A source of our own, registered as a plugin,
    would need another scheme than `file`, which the paths in a user's `hydra.searchpath` have.
    """

    def __init__(self, provider: str, path: str, guards: Guards) -> None:
        super().__init__(provider, path)
        self._guards = guards

    def load_config(self, config_path: str) -> _Sized:
        """Hydra's hook."""
        with self._guards.file(Path(self.path, yaml_name(config_path))) as size:
            return _Sized(**vars(super().load_config(config_path)), size=size)


@dataclass
class _Sized(ConfigResult):
    size: int = 0


class _Repository(ConfigRepository):
    """Hydra's repository, since 1.0, on such sources.

    Its `initialize_sources` is called again for a primary config with a `hydra.searchpath`. Without this class Hydra
    would import whatever Python package is named there, to look for configs in it.
    """

    def __init__(self, search_path: ConfigSearchPath, guards: Guards) -> None:
        self._guards = guards
        super().__init__(search_path)

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        """Hydra's hook."""
        for entry in config_search_path.get_path():
            if str(entry.provider).startswith("hydra.searchpath"):
                self._guards.folder(str(entry.path))
        super().initialize_sources(config_search_path)
        self.sources = [
            _Files(source.provider, source.full_path(), self._guards) if source.scheme() == "file" else source
            for source in self.sources
        ]


class _Composition(CachingConfigRepository):
    """The repository of one composition, since 1.1, asked for every entry of a defaults list.

    Without it nothing ends the composition of a few defaults lists that stand for millions of entries.
    """

    def __init__(self, repository: CachingConfigRepository, loaded: Callable[[str, int], None]) -> None:
        self.delegate, self.cache = repository.delegate, repository.cache
        self._loaded = loaded

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Hydra's hook."""
        config = super().load_config(config_path)
        self._loaded(config_path, getattr(config, "size", 0))
        return config


class _Loader(ConfigLoaderImpl):
    """Hydra's loader, since 1.0, on such repositories. It is the only one that composes."""

    def __init__(self, search_path: ConfigSearchPath, guards: Guards) -> None:
        super().__init__(search_path)
        self._guards = guards
        self.repository = _Repository(search_path, guards)

    def _parse_overrides_and_create_caching_repo(
        self, *given: Any, **named: Any
    ) -> tuple[list[Override], CachingConfigRepository]:
        """Hydra's hook, see `Session.configs`: whatever its arguments, the repository is wrapped."""
        parsed, repository = super()._parse_overrides_and_create_caching_repo(*given, **named)
        return parsed, _Composition(repository, self._guards.composition())


def launcher_context(job_config: Callable[[Sequence[str]], DictConfig]) -> HydraContext:
    """What a launcher is given to run jobs whose configs are made without Hydra.

    Args:
        job_config: Makes the config that a job is started with from the words that the launcher was given for it. A
            launcher may send it to another process.
    """
    # The context is there since 1.1 and asks for a ConfigLoader and for Callbacks; the second is a private class. Since
    # then launchers call only load_sweep_config of the first, and tell the second only that a job starts and ends;
    # neither is documented. Without the one Hydra would compose every job once more as it starts, from files that may
    # have changed since; without the other a launcher would keep the configs of every job, a tenth of a megabyte each.
    return HydraContext(config_loader=cast(Any, _Made(job_config)), callbacks=cast(Any, _Forgetful()))


@dataclass
class _Made:
    """In the place of Hydra's loader."""

    job_config: Callable[[Sequence[str]], DictConfig]

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A launcher's call, in whatever process it likes."""
        del master_config
        return self.job_config(sweep_overrides)


class _Forgetful(Callback):
    """In the place of Hydra's callbacks: takes the configs out of what a job returns."""

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Hydra's hook, in the process that has run the job."""
        del config, kwargs
        job_return.cfg = job_return.hydra_cfg = None


def yaml_name(config: str) -> str:
    """The file of a config such as `model/bert`, below the folder that it is found in."""
    return config if config.endswith(".yaml") else f"{config}.yaml"


def node_at(config: Any, place: Sequence[Any]) -> Any:
    """The node at a place, interpolations not followed; None where the last key is not there."""
    # Since OmegaConf 2.0. To index a config resolves what is there, and raises where it leads nowhere.
    for key in place:
        config = config._get_node(key, validate_access=False)
    return config


def place_of(node: Any) -> tuple[Any, ...]:
    """The keys that lead to a node from the top of its config."""
    # Since OmegaConf 2.0. OmegaConf has a public way from a config to its nodes, and none back.
    parent = node._get_parent()
    return () if parent is None else (*place_of(parent), node._key())


def unresolved(node: Node) -> Any:
    """What a node holds: a value or text as it stands in the config, or a dict or list of nodes."""
    # Since OmegaConf 2.0. OmegaConf.to_container gives the same as a copy, and only of a whole config.
    return node._value()


def set_value(node: ValueNode, value: Any) -> None:
    """Gives a node that holds a single value another one."""
    # Since OmegaConf 2.0. To assign to a key of the config gives the same, and takes 5 times as long.
    node._set_value(value)


def filled_in(node: Node) -> Node:
    """The node that an interpolation leads to.

    Raises:
        OmegaConfBaseException: It leads nowhere.
    """
    # Since OmegaConf 2.1. To index the config gives the same; it parses the text again each time, in 0.2 ms, which for
    # the jobs of a sweep adds up to many seconds.
    parent = _parent(node)
    found = parent._resolve_interpolation_from_parse_tree(
        parent=parent,
        value=node,
        key=node._key(),
        parse_tree=_parse_once(unresolved(node)),
        throw_on_resolution_failure=True,
        memo=set(),
    )
    assert found is not None  # it would have raised
    return found


@lru_cache(maxsize=1024)
def _parse_once(text: str) -> Any:
    return parse(text)


def reference(node: Node, key: str) -> tuple[Container, list[str]]:
    """What an interpolation in a node refers to by a key: the mapping or list where it begins, and the keys from there.

    Args:
        node: Where the interpolation stands.
        key: Such as `a.b` or, from the node's own mapping on, `.c` and `..c`.
    """
    # Since OmegaConf 2.1. Without the one the reading of leading dots would have to be written anew; the other reads
    # brackets. OmegaConf publishes no function that splits a key.
    root, rest = _parent(node)._resolve_key_and_root(key)
    return root, omegaconf_utils.split_key(rest) if rest else []


def fill_in(
    text: str,
    node: Node,
    refers: Callable[[Container, list[str]], None],
) -> None:
    """Fills in the interpolations of a text as OmegaConf does, and reports the references and calls, inner ones first.

    Args:
        text: With interpolations.
        node: The one whose text it is.
        refers: Is given each reference, as `reference` returns it, before it is followed.

    Raises:
        Exception: Whatever OmegaConf, a resolver or one of the functions raises.
    """
    parent = _parent(node)

    def refer(key: Any, memo: set[int] | None) -> Any:
        if isinstance(key, str):
            refers(*reference(node, key))
        else:  # OmegaConf 2.4 has split the key already
            refers(parent._resolve_key_and_root(key)[0], list(key.parts))
        return parent._resolve_node_interpolation(key, memo)

    def call(name: str, args: tuple[Any, ...], args_str: tuple[str, ...]) -> Any:
        return parent._evaluate_custom_resolver(node._key(), node, name, args, args_str)

    # The parser and its visitor are there since OmegaConf 2.1, and documented nowhere. OmegaConf.select fills in a text
    # without a word of what it has read, and the keys of an interpolation may be made by others within it.
    GrammarVisitor(refer, call, memo=set()).visit(parse(text))


def _parent(node: Node) -> Container:
    """The mapping or list that a node's interpolations are read from."""
    parent = node._get_parent_container()
    assert isinstance(parent, Container)  # the top of a config is no interpolation
    return parent
