"""How large a config becomes with its interpolations filled in: a few of them may stand for millions of values.

OmegaConf fills in each anew wherever something refers to it: a chain of thirty keys, each twice the next, takes days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.errors import ConfigError
from colactl.schema.key_path import Place, dotted, split_key

MOST = 20_000  # nodes, those behind interpolations counted each time: OmegaConf fills in 2,000 interpolations a second
EVALUATION = 20  # nodes that an interpolation costs as much as
CHARACTERS = 64  # of a text, which count as one node

INTERPOLATION = re.compile(r"\$\{([^}]*)")  # with the beginning of one that is in it
NAME = re.compile(r"\.*\w[\w.\[\]-]*")  # a key, a resolver, or an argument of one, which may be a key


def refuse_explosion(config: DictConfig) -> None:
    """Refuses a config that would be too much once its interpolations are filled in.

    Raises:
        ConfigError: It would be.
    """
    try:
        plain = OmegaConf.to_container(config)
        _Expansion(plain).size((), plain)
    except RecursionError as error:
        raise ConfigError("The config's interpolations lead on too far, or back to themselves.") from error


class _Expansion:
    """Counts the nodes of a config.

    What an interpolation refers to is not read as OmegaConf's grammar has it: every word in it that is a key counts,
    so that the size is an upper bound of what a chain comes to.
    """

    def __init__(self, plain: Any) -> None:
        self._plain = plain
        self._sizes: dict[Place, int] = {}  # 0 while a place is being measured

    def size(self, place: Place, value: Any) -> int:
        """How many nodes a place comes to.

        Raises:
            ConfigError: More than `MOST`.
        """
        if place in self._sizes:
            return self._sizes[place]
        self._sizes[place] = 0
        size = 1
        if isinstance(value, dict | list):
            for key, child in value.items() if isinstance(value, dict) else enumerate(value):
                size = self._checked(size + self.size((*place, key), child), place)
        elif isinstance(value, str | bytes):
            size += len(value) // CHARACTERS
            for target in self._targets(value, place) if isinstance(value, str) else ():
                size = self._checked(size + EVALUATION + self.size(*target), place)
        self._sizes[place] = self._checked(size, place)
        return size

    def _targets(self, text: str, place: Place) -> Iterator[tuple[Place, Any]]:
        """The places that the interpolations of a text may lead to."""
        for interpolation in INTERPOLATION.findall(text):
            for name in NAME.findall(interpolation.replace("hydra:", "hydra.")):
                target, value = self._follow(name, place)
                yield target, value
                if "${" in interpolation and isinstance(value, str):  # the value is the key of another one
                    yield self._follow(value, place)

    def _follow(self, path: str, place: Place) -> tuple[Place, Any]:
        """What a key path leads to from a place, or the last key on its way that is there."""
        dots = len(path) - len(path.lstrip("."))
        root = place[: max(0, len(place) - dots)] if dots else ()
        reached: Place = ()
        value = self._plain
        for key in (*root, *split_key(path[dots:])):
            step = int(key) if isinstance(value, list) and str(key).isdigit() else key
            keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
            if step not in keys:
                break
            reached, value = (*reached, step), value[step]
        return reached, value

    def _checked(self, size: int, place: Place) -> int:
        if size > MOST:
            path = dotted(place) or "The config"
            message = f"{path} would have more than {MOST:,} values with its interpolations filled in."
            raise ConfigError(message, "Look for interpolations that lead to others, several times each.")
        return size
