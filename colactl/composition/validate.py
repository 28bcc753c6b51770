"""Is this a config that can train? Every fault of it at once, before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from colactl.composition import rules, secrets
from colactl.composition.fields import MISSING, WRONG, converted, fields_of, kind
from colactl.composition.problems import explained, nearest
from colactl.composition.schema import DATA_BY_SOURCE, GROUPS, Scratch
from colactl.composition.signatures import optimizer_arguments, trainer_arguments
from colactl.errors import ConfigError

Place = tuple[Any, ...]  # the keys that lead to a value, of lists their indices
Changes = dict[Place, Any]  # what a valid config has otherwise: values converted, defaults filled in


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
    faults, changes = examine(plain, lambda path: rules.follows_another(config, path), groups)
    refuse([*secrets.faults(config), *faults], purpose)
    completed = config.copy()
    for place, value in changes.items():
        node = completed
        for key in place[:-1]:
            node = node[key]
        with read_write(node), open_dict(node):
            node[place[-1]] = value
    return completed


def refuse(faults: Sequence[str], purpose: str = "trained") -> None:
    """Raises the `ConfigError` of a config that has faults.

    Args:
        faults: In the order they are told in.
        purpose: What was to be done with the config.
    """
    if faults:
        raise ConfigError(f"This config cannot be {purpose}:", "Run `colactl show-config` to see it.", tuple(faults))


def examine(
    plain: dict[str, Any], follows: Callable[[str], bool], groups: Sequence[str] = tuple(GROUPS)
) -> tuple[list[str], Changes]:
    """The checks of `validate` on plain containers, less those for secrets.

    Args:
        plain: The resolved config, with every one of the groups.
        follows: Whether the value at a dotted key is only an interpolation; asked where that value is at fault.
        groups: The known groups that are checked.

    Returns:
        The faults, and what is to be changed in the config, place by place.
    """
    changes: Changes = {}
    faults = list(_stray_targets(plain))
    for group in groups:
        faults += _check(plain[group], _schema(group, plain), (group,), changes)
    faults += rules.faults(plain, follows)
    return faults, changes


def _schema(group: str, plain: dict[str, Any]) -> type[Any]:
    """The dataclass of a group; those of data and model depend on what the group says."""
    if group == "data":
        return DATA_BY_SOURCE.get(plain["data"].get("source"), GROUPS["data"])
    if group == "model" and plain["model"].get("name", MISSING) is None:
        return Scratch
    return GROUPS[group]


def _check(values: dict[str, Any], schema: type, place: Place, changes: Changes) -> Iterator[str]:
    """Merges `values` key by key into the schema; what the schema converts or adds goes into `changes`."""
    fields, path = fields_of(schema), ".".join(place)
    for key, value in values.items():
        if str(key) not in fields.defaults:
            yield from _unknown(path, str(key), value, list(fields.defaults), _free(path, values))
        elif value == MISSING:
            yield f"{path}.{key} must be set: --set {path}.{key}=..."
        elif key in fields.nested and isinstance(value, dict):
            yield from _check(value, fields.nested[key], (*place, key), changes)
        elif (made := converted(schema, str(key), value)) is WRONG:
            yield f"{path}.{key} must be {kind(schema, str(key))}, and is {value!r}."
        elif made != value:  # "32" became 32
            changes[*place, key] = made
    for key, default in fields.defaults.items():
        if key not in values and default == MISSING:
            yield f"{path}.{key} must be set: --set +{path}.{key}=..."
        elif key not in values:
            changes[*place, key] = default


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
