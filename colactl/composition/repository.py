"""The groups that Hydra can choose from when it composes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from colactl.composition.hydra_port import Configs

MOST_GROUPS = 1000  # that are looked through; somebody's home folder has more


def groups(configs: Configs, without: Collection[str] = ()) -> Iterator[str]:
    """Every group at any depth, those above first; where links lead round there is no end of them.

    Args:
        configs: Where to look.
        without: The groups that are left out with all below them.
    """
    above = [""]
    for parent in above:  # which grows
        for name in dict.fromkeys(configs.groups(parent)):
            group = f"{parent}/{name}" if parent else name
            if group not in without:
                above.append(group)
                yield group
