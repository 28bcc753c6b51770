"""Is this a config that can train? Every fault of it at once, before anything heavy is imported."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from colactl.composition import rules, secrets
from colactl.composition.problems import explained, nearest
from colactl.composition.schema import DATA_BY_SOURCE, GROUPS, Scratch
from colactl.composition.signatures import optimizer_arguments, trainer_arguments
from colactl.errors import ConfigError

MISSING = "???"


def trainable(config: DictConfig) -> bool:
    """Whether a config has every group that training needs; any other is the user's own affair."""
    return all(OmegaConf.is_dict(config.get(group)) for group in GROUPS)


def validate(config: DictConfig, groups: Sequence[str] = tuple(GROUPS), purpose: str = "trained") -> DictConfig:
    """Checks a composed config against the schema of the known groups, ranges and cross-field rules.

    Args:
        config: Without Hydra's node; groups that are not known are left alone.
        groups: The known groups that must be there; data is always one of them.
        purpose: What is to be done with the config, for the message.

    Returns:
        A copy in which keys that a user's own option left out have the schema's defaults.

    Raises:
        ConfigError: With every fault found.
    """
    missing = [group for group in groups if not OmegaConf.is_dict(config.get(group))]
    if missing:
        raise ConfigError(
            f"The config lacks {', '.join(missing)}, which training needs.",
            "Add them to the defaults list of your primary config, such as `- training: default`.",
        )
    with explained():
        plain: Any = OmegaConf.to_container(config, resolve=True)
    completed = config.copy()
    faults = [*secrets.faults(config), *_stray_targets(plain)]
    for group in groups:
        faults += _check(completed[group], plain[group], _schema(group, plain), group)
    faults += rules.faults(config, plain)
    if faults:
        raise ConfigError(f"This config cannot be {purpose}:", "Run `colactl show-config` to see it.", tuple(faults))
    return completed


def _schema(group: str, plain: dict[str, Any]) -> type[Any]:
    """The dataclass of a group; those of data and model depend on what the group says."""
    if group == "data":
        return DATA_BY_SOURCE.get(plain["data"].get("source"), GROUPS["data"])
    if group == "model" and plain["model"].get("name", MISSING) is None:
        return Scratch
    return GROUPS[group]


def _check(node: DictConfig, values: dict[str, Any], schema: type[Any], path: str) -> Iterator[str]:
    """Merges `values` key by key into the schema; what the schema converts or adds goes into `node`."""
    typed = OmegaConf.structured(schema)
    known = [str(key) for key in typed]  # `in` would not see the keys that must be set
    nested = _nested(schema)
    for key, value in values.items():
        place = f"{path}.{key}"
        if key not in known:
            yield from _unknown(path, str(key), value, known, _free(path, values))
        elif value == MISSING:
            yield f"{place} must be set: --set {place}=..."
        elif key in nested and isinstance(value, dict):
            yield from _check(node[key], value, nested[key], place)
        elif _merged(typed, str(key), value):
            if typed[key] != value:  # "32" became 32
                node[key] = typed[key]
        else:
            yield f"{place} must be {_kind(schema, str(key))}, and is {value!r}."
    with read_write(node), open_dict(node):
        for key in known:
            if key not in values and OmegaConf.is_missing(typed, key):
                yield f"{path}.{key} must be set: --set +{path}.{key}=..."
            elif key not in values:
                node[key] = typed[key]


def _merged(typed: DictConfig, key: str, value: Any) -> bool:
    try:
        typed[key] = value
    except OmegaConfBaseException:
        return False
    return True


def _nested(schema: type[Any]) -> dict[str, type[Any]]:
    """The fields that hold a dataclass, also an optional one."""
    hints = typing.get_type_hints(schema)
    kinds = {name: typing.get_args(hint) or (hint,) for name, hint in hints.items()}
    return {
        name: kind
        for name, found in kinds.items()
        for kind in found
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
    }


def _kind(schema: type[Any], key: str) -> str:
    hint = typing.get_type_hints(schema)[key]
    kinds = [getattr(kind, "__name__", str(kind)) for kind in typing.get_args(hint) or (hint,)]
    words = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "a text", "NoneType": "null"}
    return " or ".join(words.get(kind, "a mapping") for kind in kinds)


def _free(path: str, values: dict[str, Any]) -> frozenset[str] | None:
    """The further keys that a group takes; None where they cannot be known without running code."""
    if path == "training":
        return trainer_arguments()
    if path == "optimizer":
        return optimizer_arguments(str(values.get("_target_")))
    return frozenset()


def _unknown(path: str, key: str, value: Any, known: list[str], free: frozenset[str] | None) -> Iterator[str]:
    if free is None or key in free or (path in ("callbacks", "logger") and _is_target(value)):
        return
    near = nearest(key, [*known, *free])
    yield f"{path}.{key} is not a key of {path}" + (f"; did you mean {path}.{near}?" if near else ".")


def _is_target(value: Any) -> bool:
    return isinstance(value, dict) and "_target_" in value


def _stray_targets(value: Any, path: str = "") -> Iterator[str]:
    """A `_target_` names code to run: it is honoured in three places and refused in the other known groups."""
    if not isinstance(value, dict):
        return
    for key, child in value.items():
        place = f"{path}.{key}" if path else str(key)
        if place.partition(".")[0] in ("callbacks", "logger", "optimizer"):
            continue
        if key == "_target_":
            yield f"{place} would have no effect: only callbacks, logger and optimizer name code to run."
        yield from _stray_targets(child, place)
