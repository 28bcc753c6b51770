"""What there is to choose from: the groups and their options, as Hydra finds them when it composes."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition.hydra_port import Session
from colactl.composition.repository import MOST_GROUPS, groups
from colactl.errors import ConfigError
from colactl.schema.choices import LAUNCHER
from colactl.schema.key_path import ABSENT, select
from colactl.schema.names import nearest

OFFERED = 12  # options that are told in a sentence


class Known:
    """The groups and options of a session.

    Args:
        session: Hydra, initialised.
        config_name: The primary config.
    """

    def __init__(self, session: Session, config_name: str) -> None:
        self._configs = session.configs(config_name)

    def is_group(self, name: str) -> bool:
        """Whether there is such a group."""
        return self._configs.is_group(name)

    def has(self, group: str, option: str) -> bool:
        """Whether a group has an option; one may also lie in a folder below it."""
        return self._configs.has(f"{group}/{option}")

    def refuse_unknown_config(self, name: str) -> None:
        """Refuses the name of a primary config that there is none of, and tells the one that is near.

        Raises:
            ConfigError: There is none.
        """
        if not self._configs.has(name):
            near = nearest(name, [each for each in self.options("") if not each.startswith("_")])
            hint = f"Did you mean --config-name {near}?" if near else "It is the name of a file, less .yaml."
            raise ConfigError(f"There is no config named {name!r}.", hint)

    def options(self, group: str) -> list[str]:
        """The options of a group."""
        return self._configs.options(group)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Every group that has options, at any depth; of Hydra's own the launcher's alone."""
        walked = islice(groups(self._configs, without=("hydra",)), MOST_GROUPS - 1)  # links may lead round
        return (*(group for group in walked if self.options(group)), LAUNCHER)

    @cached_property
    def top(self) -> frozenset[str]:
        """The groups at the top."""
        return frozenset(self._configs.groups()) - {"hydra"}

    def group_of(self, option: str) -> tuple[str, ...]:
        """The groups that have an option of this name."""
        return tuple(group for group in self.groups if option in self.options(group))

    def with_key(self, key: str) -> list[str]:
        """The choices that would bring a key, such as data=files for data.train, where it begins with a group."""
        names = [name for name in self.groups if key.startswith(f"{name.replace('/', '.')}.")]
        group = max(names, key=len, default=None)
        if group is None:
            return []
        rest = key[len(group) + 1 :]
        found: list[str] = []
        for option in self.options(group):
            with suppress(ConfigError, OmegaConfBaseException):  # of one that cannot be read nobody asked
                if select(self.values(group, option), rest) is not ABSENT:
                    found.append(f"{group}={option}")
        return found

    def values(self, group: str, option: str) -> Any:
        """What the file of an option holds, less what its own defaults bring; None where there is no such option."""
        loaded = self._configs.load(f"{group}/{option}")
        return OmegaConf.to_container(loaded.config) if loaded else None

    def meant(self, group: str, option: str) -> tuple[str, str] | None:
        """The group and the option that were probably meant by these names, if both are near or right."""
        near = group if group in self.groups else nearest(group, self.groups)
        if near is None:
            return None
        options = self.options(near)
        found = option if option in options else nearest(option, options)
        return None if found is None else (near, found)

    def offer(self, group: str) -> str:
        """What a group has, in words."""
        options = self.options(group)
        more = f" and {len(options) - OFFERED} more" if len(options) > OFFERED else ""
        return f"the group has {', '.join(options[:OFFERED])}{more}" if options else "the group has no options"
