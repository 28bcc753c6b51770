"""Where configs are read from: a user's files are looked through, and nothing that a config names is imported."""

from __future__ import annotations

import os
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.config_source import ConfigResult

from colactl.config_file import reading
from colactl.errors import ConfigError


class CheckedFiles(FileConfigSource):
    """Hydra's files, each looked through before OmegaConf reads it."""

    def load_config(self, config_path: str) -> ConfigResult:
        """Hydra's hook."""
        with reading(Path(self.path, self._normalize_file_name(config_path))):
            return super().load_config(config_path)


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


class CheckedLoader(ConfigLoaderImpl):
    """Hydra's own, on a checked repository."""

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        self.config_search_path = config_search_path
        self.repository = CheckedRepository(config_search_path)


def _refuse_code(path: str) -> None:
    """Hydra imports a package to find the configs in it."""
    scheme, separator, folder = path.rpartition("://")
    if separator and scheme != "file":
        message = f"hydra.searchpath names {path}: to look there would run code, and a config is data."
        raise ConfigError(message, "Name a folder: file:///path/to/it")
    if not os.path.isdir(folder):  # noqa: PTH112 - as Hydra asks, and Path.is_dir raises for a name that is too long
        raise ConfigError(f"hydra.searchpath names {path}, and there is no such folder.")
