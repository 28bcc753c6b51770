"""The checks of a config's values on plain containers: a sweep asks for thousands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from colactl.schema import ranges, rules
from colactl.schema.arguments import Kinds, optimizer_arguments, takes, trainer_arguments
from colactl.schema.faults import Fault
from colactl.schema.groups import DATA_BY_SOURCE, GROUPS, SHIPPED_OPTIMIZER, SHIPPED_OPTIONS, Scratch
from colactl.schema.key_path import ABSENT, Place, keys_of
from colactl.schema.names import near_keys, setting_for
from colactl.schema.ranges import RANGES
from colactl.schema.values import MISSING, WRONG, converted, default_of, fields_of, in_words, kind
from colactl.shell import joined

Changes = dict[Place, Any]  # what a valid config has otherwise: values converted, defaults filled in


def examine(
    plain: dict[str, Any], follows: Callable[[str], bool], groups: Sequence[str] = tuple(GROUPS)
) -> tuple[list[Fault], Changes]:
    """The checks of `validate` on plain containers, less those for secrets and for this machine.

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
        faults += _check(plain[group], _schema(group, plain), (group,), changes, plain)
    wrong = {fault.paths for fault in faults}  # one fault a key is enough
    faults += [fault for fault in ranges.faults(plain) if fault.paths not in wrong]
    faults += rules.faults(plain, follows)
    return [fault for fault in faults if not _is_told(fault, faults, follows)], changes


def _is_told(fault: Fault, faults: Sequence[Fault], follows: Callable[[str], bool]) -> bool:
    """Whether a wrong value is only an interpolation of another one, whose fault is told too."""
    if fault.value is ABSENT or not follows(fault.paths[0]):
        return False
    others = [each for each in faults if each.value is not ABSENT and each.value == fault.value]
    return any(not follows(each.paths[0]) for each in others)


def _schema(group: str, plain: dict[str, Any]) -> type[Any]:
    """The dataclass of a group; those of data and model depend on what the group says."""
    if group == "data":
        return DATA_BY_SOURCE.get(plain["data"].get("source"), GROUPS["data"])
    if group == "model" and plain["model"].get("name", MISSING) is None:
        return Scratch
    return GROUPS[group]


def _check(
    values: dict[str, Any], schema: type, place: Place, changes: Changes, plain: dict[str, Any]
) -> Iterator[Fault]:
    """Merges `values` key by key into the schema; what the schema converts or adds goes into `changes`."""
    fields, path = fields_of(schema), ".".join(place)
    for key, value in values.items():
        if str(key) not in fields.defaults:
            yield from _unknown(path, str(key), values, list(fields.defaults), plain)
        elif value == MISSING:
            yield _unset(f"{path}.{key}", f"{path}.{key}")
        elif key in fields.nested and isinstance(value, dict):
            yield from _check(value, fields.nested[key], (*place, key), changes, plain)
        elif (made := converted(schema, str(key), value)) is WRONG:
            text, example = f"{path}.{key} must be {kind(schema, str(key))}", default_of(schema, str(key))
            yield Fault(text, (f"{path}.{key}",), value, example=f"{path}.{key}={example}" if example else "")
        elif made != value:  # "32" became 32
            changes[*place, key] = made
    for key, default in fields.defaults.items():
        if key not in values and default == MISSING:
            yield _unset(f"{path}.{key}", f"+{path}.{key}")
        elif key not in values:
            changes[*place, key] = default


def _unset(path: str, key: str) -> Fault:
    return Fault(f"{path} must be set: --set {key}=VALUE", (path,))


def free_keys(path: str, values: dict[str, Any]) -> dict[str, Kinds] | None:
    """The further keys that a group takes, with their types; None where they cannot be known without running code."""
    if path == "training":
        return trainer_arguments()
    if path == "optimizer":
        return optimizer_arguments(str(values.get("_target_")))
    return {}


def _unknown(path: str, key: str, values: dict[str, Any], known: list[str], plain: dict[str, Any]) -> Iterator[Fault]:
    free = free_keys(path, values)
    if free is not None and key in free:
        yield from _of_another_type(f"{path}.{key}", values[key], free[key])
        return
    if free is None or (path in ("callbacks", "logger") and _is_target(values[key])):
        return
    if (path, key) == ("optimizer", "fused"):  # which training leaves out for a class that does not take it
        return
    strays = {f"{path}.{each}" for each in values if each not in known and each not in free}
    there = [name for name in keys_of(plain) if name not in strays]
    further = [f"+{path}.{name}" for name in (*known, *sorted(free)) if name not in values]
    meant = near_keys(f"{path}.{key}", (*there, *further)) if key != "_target_" else ()  # code is not advised
    setting = setting_for(key, values[key])
    if path == "optimizer" and key in (optimizer_arguments(SHIPPED_OPTIMIZER) or ()):
        target = values["_target_"]  # of another class: what the shipped option has for its own is in the way
        if key in SHIPPED_OPTIONS:
            yield Fault(f"{target} takes no {key}", (f"{path}._target_",), example=f"~{path}.{key}", unknown=True)
        else:  # somebody has added it
            yield Fault(f"{target} takes no {key}; leave it out", (f"{path}.{key}", f"{path}._target_"), unknown=True)
        return
    text = f"{path}.{key} is not a key of {path}"
    scratch = [each for each in values if each not in known and each in fields_of(Scratch).defaults]
    if path == "model" and key in scratch:  # of a model that model.name was typed for: told of once
        if key == scratch[0]:
            command = joined(["model=transformers", f"model.name={values['name']}"])
            yield Fault(f"a model trained from scratch takes no name; {command} would train it", ("model.name",))
        return
    fixes = (setting,) if setting else tuple(f"{name}=" for name in meant)
    yield Fault(text, (f"{path}.{key}",), meant=fixes, unknown=True)


def _of_another_type(path: str, value: Any, kinds: Kinds) -> Iterator[Fault]:
    if path not in RANGES and value != MISSING and not takes(kinds, value):
        yield Fault(f"{path} must be {in_words(sorted(kinds or ()))}", (path,), value)


def _is_target(value: Any) -> bool:
    return isinstance(value, dict) and "_target_" in value


def _stray_targets(value: Any, path: str = "") -> Iterator[Fault]:
    """A `_target_` names code to run: it is honoured in three places and refused in the other known groups."""
    if not isinstance(value, dict):
        return
    for key, child in value.items():
        place = f"{path}.{key}" if path else str(key)
        if place.partition(".")[0] in ("callbacks", "logger", "optimizer"):
            continue
        if key == "_target_":
            told = f"{place} would have no effect: only callbacks, logger and optimizer name code to run"
            yield Fault(told, (place,))
        yield from _stray_targets(child, place)
