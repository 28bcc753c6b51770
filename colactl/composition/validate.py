"""Is this a config that can train? Every fault of it at once, before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from colactl.composition import machine, secrets
from colactl.composition.expansion import refuse_explosion
from colactl.composition.session import SEE_GROUPS, explained
from colactl.errors import ConfigError, DataError
from colactl.schema.check import Changes, examine
from colactl.schema.faults import Fault, place_of
from colactl.schema.groups import GROUPS


def trainable(config: DictConfig) -> bool:
    """Whether a config has every group that training needs; any other is the user's own affair."""
    return all(OmegaConf.is_dict(config.get(group)) for group in GROUPS)


def validate(
    config: DictConfig,
    groups: Sequence[str] = tuple(GROUPS),
    purpose: str = "trained",
    overrides: Sequence[str] = (),
    here: bool = False,
) -> DictConfig:
    """Checks a composed config against the schema of the known groups, ranges and cross-field rules.

    Args:
        config: Without Hydra's node; groups that are not known are left alone.
        groups: The known groups that must be there; data is always one of them.
        purpose: What is to be done with the config, for the message.
        overrides: Those it was composed with, as typed, to name the ones at fault.
        here: Whether it is to be done on this machine, which then must have what the config asks for.

    Returns:
        A copy in which keys that a user's own option left out have the schema's defaults.

    Raises:
        ConfigError: With every fault found.
        DataError: All that is wrong is that data files do not exist.
    """
    missing = [group for group in groups if not OmegaConf.is_dict(config.get(group))]
    if missing:
        taken = [text for text in overrides if text.startswith("~") and place_of(text) in missing]
        if taken:
            words = " ".join(text.removesuffix("=null") for text in taken)  # with which a sweep has it
            needed = " and ".join(f"the group {place_of(text)}" for text in taken)
            raise ConfigError(f"Training needs {needed}: leave {words} out.", SEE_GROUPS)
        raise ConfigError(
            f"The config lacks {', '.join(missing)}, which training needs.",
            "Add them to the defaults list of your primary config, such as `- training: default`.",
        )
    faults, changes = checked(config, groups, here)
    refuse(faults, purpose, overrides)
    completed = config.copy()
    for place, value in changes.items():
        node = completed
        for key in place[:-1]:
            node = node[key]
        with read_write(node), open_dict(node):
            node[place[-1]] = value
    return completed


def checked(
    config: DictConfig, groups: Sequence[str] = tuple(GROUPS), here: bool = False
) -> tuple[list[Fault], Changes]:
    """The checks of `validate`: the faults, and what is to be changed in the config, place by place."""
    with explained():
        refuse_explosion(config)
        plain: Any = OmegaConf.to_container(config, resolve=True)
    faults, changes = examine(plain, lambda path: follows_another(config, path), groups)
    return [*secrets.faults(config), *faults, *(machine.faults(plain) if here else [])], changes


def follows_another(config: DictConfig, path: str) -> bool:
    """Whether the value at a key path is only an interpolation of another one."""
    parent, _, key = path.rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    return OmegaConf.is_interpolation(node, key)


def refuse(faults: Sequence[Fault], purpose: str = "trained", overrides: Sequence[str] = ()) -> None:
    """Raises the error of a config that has faults.

    Args:
        faults: In the order of the message.
        purpose: What was to be done with the config.
        overrides: Those it was composed with, as typed.

    Raises:
        ConfigError: There are some.
        DataError: All of them say that a data file does not exist.
    """
    if not faults:
        return
    sentences = tuple(fault.sentence(overrides) for fault in faults)
    if not all(fault.missing for fault in faults):
        raise ConfigError(f"This config cannot be {purpose}:", "Run `colactl show-config` to see it.", sentences)
    if len(sentences) == 1:
        raise DataError(sentences[0], "Check the path.")
    raise DataError("Some of the data is not there:", "Check the paths.", sentences)
