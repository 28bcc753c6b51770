"""The checks of a config, on plain containers: a sweep makes them for thousands of jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from colactl.schema import rules
from colactl.schema.arguments import Arguments, optimizer_arguments, trainer_arguments
from colactl.schema.declaration import MISSING, Key, keys
from colactl.schema.faults import Fault
from colactl.schema.groups import GROUPS, SOURCES, TOP, Optimizer, Pretrained, Scratch, schema_of
from colactl.schema.key_path import ABSENT, Place, keys_of
from colactl.schema.names import near_keys, nearest, setting_for
from colactl.schema.values import WRONG, convert, in_words, takes
from colactl.shell import joined

Changes = dict[Place, Any]  # what a valid config has otherwise: values converted, defaults filled in
SHIPPED_OPTIONS = ("betas", "eps")  # what the shipped optimizer has in its config that other classes may not take


def examine(
    plain: dict[str, Any], follows: Callable[[str], bool], groups: Sequence[str] = tuple(GROUPS)
) -> tuple[list[Fault], Changes]:
    """Checks each value against its declaration, and then what ties values together.

    Args:
        plain: The resolved config, with every one of the groups.
        follows: Whether the value at a key path is only an interpolation; asked where that value is at fault.
        groups: The known groups that are checked.

    Returns:
        The faults, and what is to be changed in the config, place by place.
    """
    examination = _Examination(plain)
    examination.targets(plain)
    for name, key in TOP.items():
        if name in groups:
            examination.group(name)
        elif not key.nested and name in plain:
            examination.value((name,), key, plain[name])
    faults = [*examination.faults, *rules.faults(plain, follows)]
    return [fault for fault in faults if not _is_repeated(fault, faults, follows)], examination.changes


def _is_repeated(fault: Fault, faults: Sequence[Fault], follows: Callable[[str], bool]) -> bool:
    """Whether a wrong value is only an interpolation of another one, whose fault is there too."""
    if fault.value is ABSENT or not follows(fault.paths[0]):
        return False
    others = [other for other in faults if other.value is not ABSENT and other.value == fault.value]
    return any(not follows(other.paths[0]) for other in others)


def meant_value(key: Key, value: Any) -> str | None:
    """The word that was probably meant by a value that a key does not take; None where it is no choice of words."""
    return key.other_words.get(str(value).lower()) or nearest(str(value), key.choices)


def free_keys(group: str, values: dict[str, Any]) -> Arguments | None:
    """The arguments that a group takes as further keys, with their types; None where only running code would tell."""
    if group == "training":
        return trainer_arguments()
    if group == "optimizer":
        return optimizer_arguments(str(values.get("_target_")))
    return {}


class _Examination:
    """Compares a config with the declarations, and collects faults and changes."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self.plain = plain
        self.faults: list[Fault] = []
        self.changes: Changes = {}

    def targets(self, value: Any, path: str = "") -> None:
        """A `_target_` names code to run: three groups may have one, and it is refused in all others."""
        if not isinstance(value, dict):
            return
        for name, child in value.items():
            place = f"{path}.{name}" if path else str(name)
            if place.partition(".")[0] in ("callbacks", "logger", "optimizer"):
                continue
            if name == "_target_":
                text = f"{place} would have no effect: only callbacks, logger and optimizer name code to run"
                self.faults.append(Fault(text, (place,)))
            self.targets(child, place)

    def group(self, group: str) -> None:
        values = self.plain[group]
        source = values.get("source", MISSING)
        if group == "data" and source != MISSING and source not in SOURCES:
            near = nearest(str(source), SOURCES)
            text, meant = f"data.source must be one of {', '.join(SOURCES)}", (f"data.source={near}",) if near else ()
            self.faults.append(Fault(text, ("data.source",), source, meant))
        else:
            self.mapping((group,), schema_of(group, values), values)

    def mapping(self, place: Place, schema: type, values: dict[str, Any]) -> None:
        declared = keys(schema)
        for name, value in values.items():
            key = declared.get(str(name))
            if key and not key.optional:
                self.value((*place, name), key, value)
            else:
                self.further(place, schema, str(name), values)
        for name, key in declared.items():
            if name in values or key.optional:
                continue
            if key.default == MISSING:
                self.unset(_path((*place, name)), "+")
            else:
                self.changes[*place, name] = deepcopy(key.default)  # whoever has the config may change it

    def value(self, place: Place, key: Key, value: Any) -> None:
        path = _path(place)
        if value == MISSING:
            self.unset(path)
        elif key.nested and isinstance(value, dict):
            self.mapping(place, key.nested[0], value)
        elif (made := convert(key.types, value)) is WRONG or not key.allows(made):
            word = meant_value(key, value)
            meant, example = (f"{path}={word}",) if word else (), f"{path}={key.sound}" if key.sound else ""
            self.faults.append(Fault(f"{path} must be {key.words}", (path,), value, meant, example))
        elif made != value:  # "32" became 32
            self.changes[place] = made

    def unset(self, path: str, plus: str = "") -> None:
        self.faults.append(Fault(f"{path} must be set: --set {plus}{path}=VALUE", (path,)))

    def further(self, place: Place, schema: type, name: str, values: dict[str, Any]) -> None:
        """A key that is none of those which a mapping always has."""
        group, value, key = _path(place), values[name], keys(schema).get(name)
        path = f"{group}.{name}"
        free = free_keys(group, values)
        if free is None or (group in ("callbacks", "logger") and isinstance(value, dict) and "_target_" in value):
            return
        if name in free and key:
            self.value((*place, name), key, value)
        elif name in free:
            if value != MISSING and not takes(free[name], value):
                self.faults.append(Fault(f"{path} must be {in_words(free[name] or ())}", (path,), value))
        elif group == "optimizer" and name in (optimizer_arguments(keys(Optimizer)["_target_"].default) or ()):
            self.of_another_optimizer(name, str(values["_target_"]))
        elif group == "model" and name in keys(Scratch):
            self.of_scratch(name, values)
        else:
            meant = self.near(group, schema, name, values, sorted(free))
            self.faults.append(Fault(f"{path} is not a key of {group}", (path,), meant=meant, unknown=True))

    def of_another_optimizer(self, name: str, target: str) -> None:
        """An argument of the shipped optimizer's, where another class is chosen that does not take it."""
        if name in SHIPPED_OPTIONS:  # what the shipped option has for its own class is in the way
            text, paths, example = f"{target} takes no {name}", ("optimizer._target_",), f"~optimizer.{name}"
            self.faults.append(Fault(text, paths, example=example, unknown=True))
        elif name != "fused":  # which training leaves out for a class that does not take it
            text = f"{target} takes no {name}; leave it out"
            self.faults.append(Fault(text, (f"optimizer.{name}", "optimizer._target_"), unknown=True))

    def of_scratch(self, name: str, values: dict[str, Any]) -> None:
        """A key of a model from scratch, where `model.name` was given for one: said once."""
        if name == next(other for other in values if other in keys(Scratch) and other not in keys(Pretrained)):
            command = joined(["model=transformers", f"model.name={values['name']}"])
            text = f"a model trained from scratch takes no name; {command} would train it"
            self.faults.append(Fault(text, ("model.name",)))

    def near(self, group: str, schema: type, name: str, values: dict[str, Any], free: list[str]) -> tuple[str, ...]:
        """The overrides that were probably meant by an unknown key."""
        if name == "_target_":  # code is not advised
            return ()
        if setting := setting_for(name, values[name]):
            return (setting,)
        known = [other for other, key in keys(schema).items() if not key.optional] + free
        strays = {f"{group}.{other}" for other in values if other not in known}
        there = [path for path in keys_of(self.plain) if path not in strays]
        further = [f"+{group}.{other}" for other in known if other not in values]
        return tuple(f"{path}=" for path in near_keys(f"{group}.{name}", (*there, *further)))


def _path(place: Place) -> str:
    return ".".join(map(str, place))
