"""The config files there are, the user's folders before the shipped ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from colactl.cli.completion import plugins
from colactl.cli.completion.documents import Document, read
from colactl.schema.config_files import description

SUFFIXES = (".yaml", ".yml")
MOST_FOLDERS = 100


class ConfigFiles:
    """Folders of configs, searched in order.

    Args:
        folders: The user's, as typed: the shell has not expanded what it only completes.
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.folders = [*(Path(expanded(folder)) for folder in folders), *plugins.folders()]
        self._read: dict[str, Document | None] = {}

    def load(self, path: str) -> Document | None:
        """The config of a name such as `model/bert`, from the first folder that has it."""
        if path not in self._read:
            file = self._find(path)
            group, _, name = path.rpartition("/")
            self._read[path] = read(file) if file else plugins.load(group, name)
        return self._read[path]

    def options(self, group: str) -> dict[str, str]:
        """The options of a group, sorted, each with the first comment of its file; of "" the primary configs."""
        names = {name for folder in self.folders for name in _names(folder / group)}
        return {name: self._description(f"{group}/{name}") for name in sorted(names | plugins.options(group))}

    def has_options(self, group: str) -> bool:
        """Whether there is such a group."""
        return bool(plugins.options(group)) or any(True for folder in self.folders for _ in _names(folder / group))

    def has_more(self, group: str) -> bool:
        """Whether there are groups below it; in a folder that holds much besides, only so many are looked at."""
        below = self.groups(group)
        for seen, inner in enumerate(below):
            if self.has_options(inner):
                return True
            if seen < MOST_FOLDERS and len(below) < MOST_FOLDERS:
                below += self.groups(inner)
        return False

    def groups(self, parent: str = "") -> list[str]:
        """The folders below a group, sorted, as `parent/name`."""
        names = {entry.name for folder in self.folders for entry in _entries(folder / parent) if entry.is_dir()}
        names |= plugins.groups(parent)
        names -= {"hydra"} if not parent else set()  # that one is Hydra's own
        return [f"{parent}/{name}".lstrip("/") for name in sorted(names) if name[0] not in "._"]

    def _find(self, path: str) -> Path | None:
        files = (folder / f"{path}{suffix}" for folder in self.folders for suffix in SUFFIXES)
        return next((file for file in files if file.is_file()), None)

    def _description(self, path: str) -> str:
        file = self._find(path)
        return description(file) if file else ""


def expanded(path: str) -> str:
    """A path with `~` and `$HOME` filled in, as the shell will do before colactl sees it."""
    return os.path.expandvars(os.path.expanduser(path))  # noqa: PTH111 - Path's own fails where there is no such user


def _names(folder: Path) -> Iterator[str]:
    for entry in _entries(folder):
        stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - a name, not a path
        if suffix in SUFFIXES and not stem.startswith(".") and entry.is_file():
            yield stem


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
