"""Where Hydra looks when it composes, and the groups that are there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from hydra._internal.config_repository import IConfigRepository
from hydra._internal.hydra import Hydra
from hydra.core.object_type import ObjectType

MOST_GROUPS = 1000  # that are looked through; somebody's home folder has more


def repository(hydra: Hydra, config_name: str) -> IConfigRepository:
    """Where Hydra looks when it composes; the primary config may bring folders of its own."""
    loader: Any = hydra.config_loader
    _, found = loader._parse_overrides_and_create_caching_repo(config_name, [])
    caching: IConfigRepository = found
    return caching


def groups(found: IConfigRepository, without: Collection[str] = ()) -> Iterator[str]:
    """Every group at any depth, those above first; where links lead round there is no end of them.

    Args:
        found: Where to look.
        without: The groups that are left out with all below them.
    """
    above = [""]
    for parent in above:  # which grows
        for name in dict.fromkeys(found.get_group_options(parent, ObjectType.GROUP)):
            group = f"{parent}/{name}" if parent else name
            if group not in without:
                above.append(group)
                yield group


def options(found: IConfigRepository, group: str) -> list[str]:
    """The options of a group, sorted; of "" the primary configs."""
    return sorted(set(found.get_group_options(group, ObjectType.CONFIG)))
