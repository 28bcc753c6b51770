"""Where configs are read from: a user's files are looked through, and nothing that a config names is imported."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, ConfigRepository
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.override_parser.types import Override
from hydra.plugins.config_source import ConfigResult

from colactl.config_file import reading
from colactl.errors import ConfigError

MOST = 50_000  # nodes of the files that one config is made of, each as often as Hydra asks for it, which is three times
ENTRY = 30  # nodes that an entry of a defaults list costs as much as: 500 of them take some 3 seconds


@dataclass
class Counted(ConfigResult):
    """What a file holds, and how many nodes that is."""

    size: int = 0


class CheckedFiles(FileConfigSource):
    """Hydra's files, each looked through before OmegaConf reads it."""

    def load_config(self, config_path: str) -> Counted:
        """Hydra's hook."""
        with reading(Path(self.path, self._normalize_file_name(config_path))) as size:
            return Counted(**vars(super().load_config(config_path)), size=size)


class CheckedRepository(ConfigRepository):
    """Hydra's own, on checked files."""

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        """Hydra's hook; it comes again for a primary config that has a `hydra.searchpath`."""
        for entry in config_search_path.get_path():
            if str(entry.provider).startswith("hydra.searchpath"):
                _refuse_code(str(entry.path))
        super().initialize_sources(config_search_path)
        self.sources = [
            CheckedFiles(source.provider, source.full_path()) if source.scheme() == "file" else source
            for source in self.sources
        ]


class CountedRepository(CachingConfigRepository):
    """What Hydra composes one config from; the entries of a few defaults lists may stand for millions."""

    def __init__(self, repository: CachingConfigRepository) -> None:
        self.delegate, self.cache = repository.delegate, repository.cache
        self.left = MOST

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Hydra's hook, asked for every entry of a defaults list.

        Raises:
            ConfigError: There is no end of them.
        """
        found = super().load_config(config_path)
        self.left -= ENTRY + getattr(found, "size", 0)
        if self.left < 0:
            message = f"The defaults lists bring in too much, {config_path} last of all."
            raise ConfigError(message, "Look for options that bring in each other, or the same one often.")
        return found


class CheckedLoader(ConfigLoaderImpl):
    """Hydra's own, on a checked repository."""

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        self.config_search_path = config_search_path
        self.repository = CheckedRepository(config_search_path)

    def _parse_overrides_and_create_caching_repo(
        self, config_name: str | None, overrides: list[str]
    ) -> tuple[list[Override], CachingConfigRepository]:
        parsed, repository = super()._parse_overrides_and_create_caching_repo(config_name, overrides)
        return parsed, CountedRepository(repository)


def _refuse_code(path: str) -> None:
    """Hydra imports a package to find the configs in it."""
    scheme, separator, folder = path.rpartition("://")
    if separator and scheme != "file":
        message = f"hydra.searchpath names {path}: to look there would run code, and a config is data."
        raise ConfigError(message, "Name a folder: file:///path/to/it")
    if not os.path.isdir(folder):  # noqa: PTH112 - as Hydra asks, and Path.is_dir raises for a name that is too long
        raise ConfigError(f"hydra.searchpath names {path}, and there is no such folder.")
