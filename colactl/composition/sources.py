"""How much Hydra may read, and from where: a user's files are looked through, and no code is imported."""

from __future__ import annotations

import os
from collections.abc import Callable

from colactl.composition.hydra_port import Guards
from colactl.errors import ConfigError
from colactl.schema.config_files import reading

MOST = 50_000  # nodes of the files that one config is made of, each as often as Hydra asks for it, which is three times
ENTRY = 30  # nodes that an entry of a defaults list costs as much as: 500 of them take some 3 seconds


def counting() -> Callable[[str, int], None]:
    """Counts what one composition loads: the entries of a few defaults lists may stand for millions."""
    left = MOST

    def count(config: str, size: int) -> None:
        nonlocal left
        left -= ENTRY + size
        if left < 0:
            message = f"The defaults lists bring in too much, {config} last of all."
            raise ConfigError(message, "Look for options that bring in each other, or the same one often.")

    return count


def refuse_code(path: str) -> None:
    """Refuses a place to look for configs that is no folder: Hydra imports a package to find the configs in it.

    Raises:
        ConfigError: It is none.
    """
    scheme, separator, folder = path.rpartition("://")
    if separator and scheme != "file":
        message = f"hydra.searchpath names {path}: to look there would run code, and a config is data."
        raise ConfigError(message, "Name a folder: file:///path/to/it")
    if not os.path.isdir(folder):  # noqa: PTH112 - as Hydra asks, and Path.is_dir raises for a name that is too long
        raise ConfigError(f"hydra.searchpath names {path}, and there is no such folder.")


GUARDS = Guards(file=reading, folder=refuse_code, composition=counting)
