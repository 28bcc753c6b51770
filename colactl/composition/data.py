"""The data alone: what a model is evaluated on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import compose
from colactl.composition.overrides import parse
from colactl.composition.session import explained
from colactl.composition.validate import validate
from colactl.errors import ConfigError
from colactl.schema.groups import SPLITS


def compose_data(overrides: Sequence[str], config_dirs: Sequence[Path | str], split: str) -> DictConfig:
    """Composes the `data` group.

    Args:
        overrides: In Hydra's grammar, of the `data` group and its keys only.
        config_dirs: The user's folders, searched before the shipped configs.
        split: The one that is read: train, validation or test.

    Returns:
        The group, as `validate_data` returns it.

    Raises:
        ConfigError: An override is about something else, or has several values, or none chooses the data, or it is
            wrong.
    """
    parsed = parse(overrides)
    faults = [fault for override in parsed if (fault := _refusal(override))]
    if faults:
        raise ConfigError("Only the data can be set here:", "Such as: --set data=cola", tuple(faults))
    if "data" not in map(_key, parsed):  # keys alone would change the default option, which is not the run's own
        raise ConfigError("No override chooses the data.", "Begin with --set data=files; see: colactl list-groups")
    config = compose(overrides, config_dirs=config_dirs).config
    if not OmegaConf.is_dict(config.get("data")):
        raise ConfigError("The config has no data group.", "See what there is with: colactl list-groups")
    return validate_data(config.data, split, overrides)


def validate_data(data: DictConfig, split: str, overrides: Sequence[str] = ()) -> DictConfig:
    """Checks a `data` group of which one split is read; the others need not be set.

    Args:
        data: Of a composed config.
        split: The one that is read: train, validation or test.
        overrides: As typed, to name those at fault.

    Returns:
        A resolved copy in which keys that a user's own option left out have the schema's defaults, without the
        splits that are not set.

    Raises:
        ConfigError: With every fault found.
    """
    check_split(split)
    with explained():
        resolved = OmegaConf.create({"data": OmegaConf.to_container(data, resolve=True)})
    files = resolved.data.get("source") == "files"  # the one source whose splits have no names of their own
    unset = [name for name in SPLITS if files and name != split and resolved.data.get(name) is None]
    resolved.data.update(dict.fromkeys(unset, "unset"))  # never read, but where they are missing it is a fault
    checked: DictConfig = validate(resolved, ("data",), "evaluated on", overrides).data
    for name in unset:
        checked.pop(name)
    return checked


def check_split(name: str) -> None:
    """Refuses a name that is not train, validation or test.

    Raises:
        ConfigError: It is another one.
    """
    if name not in SPLITS:
        raise ConfigError(f"There is no split {name!r}.", f"The splits are {', '.join(SPLITS)}.")


def _key(override: Override) -> str:
    return override.get_key_element().lstrip("+~").partition("@")[0]


def _refusal(override: Override) -> str | None:
    if _key(override).partition(".")[0] != "data":
        return f"{override.input_line!r} would have no effect."
    return f"{override.input_line!r} asks for several data sets." if override.is_sweep_override() else None
