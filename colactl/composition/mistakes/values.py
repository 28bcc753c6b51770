"""The overrides that change values: what is wrong with them, in the config that the choices of groups have made."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition.hydra_port import apply, split_key
from colactl.composition.mistakes.additions import Additions
from colactl.composition.mistakes.known import Known
from colactl.composition.mistakes.typed import Typed
from colactl.composition.overrides import adds_a_name, is_honoured, name_at_the_top
from colactl.composition.problems import explained
from colactl.errors import ConfigError
from colactl.schema.check import free_keys
from colactl.schema.choices import CHOICES
from colactl.schema.groups import GROUPS
from colactl.schema.key_path import keys_of
from colactl.schema.names import near_keys, setting_for
from colactl.schema.ranges import RANGES, meant_choice
from colactl.shell import quoted


class Values:
    """Judges overrides one by one, in order, and applies those that are sound.

    Args:
        whole: The config with Hydra's node; it is changed.
        known: The groups there are.
    """

    def __init__(self, whole: DictConfig, known: Known) -> None:
        self._whole, self._known = whole, known
        self._additions = Additions(whole, known)  # as the config is now: what they add is not compared with

    def fault(self, one: Typed) -> str | None:
        """Applies an override as Hydra does; what is wrong with it, if it cannot be."""
        if not one.adds and not one.deletes and not self._is_there(one.group):
            return self._unknown(one)  # Hydra would have changed the config before it found that out
        if adds_a_name(one.override) and self._additions.near(one.group):
            return self._unknown(one)
        try:
            with explained():
                apply(one.override, self._whole)
        except ConfigError as error:
            return self._told(one, error)
        return None

    def _told(self, one: Typed, error: ConfigError) -> str:
        there = self._is_there(one.group)
        if one.adds and there:
            return one.fault(f"there is a key {one.group} already", one.instead(one.group))
        if there:
            return one.fault(error.message.rstrip("."))
        return self._unknown(one)

    def _unknown(self, one: Typed) -> str:
        if one.override.package is not None:
            keys = tuple(self._whole.hydra.runtime.choices) + self._known.groups
            return one.fault(f"there is no group {one.group}", *map(one.instead, near_keys(one.key, keys)))
        kind, meant = "key" if "." in one.group else "group or key", self._meant(one)
        end = self._advice(one) if not meant and not one.deletes else ""
        return one.fault(f"there is no {kind} {one.group}{end}", *meant)

    def _advice(self, one: Typed) -> str:
        """What is said of a key where none was plainly meant."""
        if near := self._additions.near(one.group):
            offer = f"; {self._known.offer(near)}" if near in self._known.groups and "." not in one.group else ""
            return f"; {near} is near{offer}; as a name of your own it belongs in a config file"
        if not one.adds and (choices := self._known.with_key(one.group)):
            return f"; {' or '.join(choices)} would bring it"
        addable = self._is_the_users(name_at_the_top(one.group))
        return f"; {quoted(one.instead(f'+{one.group}'))} would add it" if addable else ""

    def _meant(self, one: Typed) -> list[str]:
        key = one.group.replace("/", ".")
        above, _, option = key.rpartition(".")
        group = above.replace(".", "/")
        if group and not one.deletes and self._known.has(group, option):
            return [f"{group}={option}"]
        if (setting := setting_for(option, one.override.value())) and not one.deletes:
            return [setting]
        hydras = key.startswith("hydra.")
        near = near_keys(key, tuple(name for name in self._names if name.startswith("hydra.") == hydras))
        if one.deletes:
            return [one.instead(f"~{name}") for name in near if not name.startswith("+")]
        return [text for name in near if (text := self._with_value(one, self._names[name]))]

    def _with_value(self, one: Typed, key: str) -> str | None:
        """An override of the right key; an option of a group is put right too; None where the value cannot be."""
        value = one.override.value()
        if key in CHOICES and not RANGES[key].test(value):
            right = meant_choice(key, value)
            return one.instead(key, right) if right and not one.elements else None  # None: the name of another thing
        if key not in self._known.groups or value is None or isinstance(value, dict):
            return one.instead(key)
        found = self._known.meant(key, str(value))
        return one.instead(key, found[1]) if found else None

    @cached_property
    def _names(self) -> dict[str, str]:
        """What there is to override, by its dotted key, as it is typed."""
        plain: Any = OmegaConf.to_container(self._whole)
        hydra = {"hydra": plain.pop("hydra")}
        keys = [*keys_of(plain), *(key for key in keys_of(hydra) if is_honoured(key))]
        names = {key: key for key in keys} | {group.replace("/", "."): group for group in self._known.groups}
        for group in ("training", "optimizer"):
            values = plain.get(group)
            free = free_keys(group, values) if isinstance(values, dict) else None
            names |= {f"+{group}.{key}": f"+{group}.{key}" for key in sorted(free or ()) if key not in (values or {})}
        return names

    def _is_the_users(self, name: str) -> bool:
        """Whether a key may be added under that name: none of colactl's own, whose keys are known."""
        return name not in (*GROUPS, "hydra") and isinstance(self._whole.get(name, {}), DictConfig | dict)

    def _is_there(self, key: str) -> bool:
        """Whether Hydra finds such a key; its value may still have to be set."""
        *above, last = map(str, split_key(key))
        try:
            node: Any = OmegaConf.select(self._whole, ".".join(above)) if above else self._whole
        except OmegaConfBaseException:
            return False
        if isinstance(node, ListConfig):
            return last.isdigit() and int(last) < len(node)
        return isinstance(node, DictConfig) and last in map(str, node.keys())
