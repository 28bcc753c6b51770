"""The data alone: what a model is evaluated on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from colactl.composition.collect import compose_telling_all
from colactl.composition.overrides import parse
from colactl.composition.problems import explained
from colactl.composition.validate import validate
from colactl.errors import ConfigError

SPLITS = ("train", "validation", "test")


def compose_data(overrides: Sequence[str], config_dirs: Sequence[Path | str], split: str) -> DictConfig:
    """Composes the `data` group.

    Args:
        overrides: In Hydra's grammar, of the `data` group and its keys only.
        config_dirs: The user's folders, searched before the shipped configs.
        split: The one that is read: train, validation or test.

    Returns:
        The group, as `validate_data` returns it.

    Raises:
        ConfigError: An override is about something else, or has several values, or the data is wrong.
    """
    faults = [fault for override in parse(overrides) if (fault := _refusal(override))]
    if faults:
        raise ConfigError("Only the data can be set here:", "Such as: --set data=cola", tuple(faults))
    config = compose_telling_all(overrides, config_dirs=config_dirs).config
    if not OmegaConf.is_dict(config.get("data")):
        raise ConfigError("The config has no data group.", "See what there is with: colactl list-groups")
    return validate_data(config.data, split)


def validate_data(data: DictConfig, split: str) -> DictConfig:
    """Checks a `data` group of which one split is read; the others need not be set.

    Args:
        data: Of a composed config.
        split: The one that is read: train, validation or test.

    Returns:
        A resolved copy in which keys that a user's own option left out have the schema's defaults, without the
        splits that are not set.

    Raises:
        ConfigError: With every fault found.
    """
    if split not in SPLITS:
        raise ConfigError(f"There is no split {split!r}.", f"The splits are {', '.join(SPLITS)}.")
    with explained():
        resolved = OmegaConf.create({"data": OmegaConf.to_container(data, resolve=True)})
    files = resolved.data.get("source") == "files"  # the one source whose splits have no names of their own
    unset = [name for name in SPLITS if files and name != split and resolved.data.get(name) is None]
    resolved.data.update(dict.fromkeys(unset, "unset"))  # never read, but where they are missing it is a fault
    checked: DictConfig = validate(resolved, groups=("data",), purpose="evaluated on").data
    for name in unset:
        checked.pop(name)
    return checked


def _refusal(override: Override) -> str | None:
    key = override.get_key_element().lstrip("+~").partition("@")[0]
    if key.partition(".")[0] != "data":
        return f"{override.input_line!r} would have no effect."
    return f"{override.input_line!r} asks for several data sets." if override.is_sweep_override() else None
