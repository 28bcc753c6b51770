"""Everything that is wrong with overrides, each with what to type instead, where Hydra stops at the first fault.

Asked after a failure. The overrides are applied one by one: first those that choose options of groups, then those that
change values. One that is wrong is left out, or corrected where it is plain what was meant, so that the others are
judged as they will be once it is corrected.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep, ValueType
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition.hydra_port import Session, apply
from colactl.composition.overrides import adds_a_name, first_part, is_honoured, no_value, parse
from colactl.composition.session import EXTRAS, explained, without_hydra
from colactl.composition.suggestions import Available
from colactl.composition.validate import checked, trainable
from colactl.errors import ConfigError
from colactl.schema.check import free_keys, meant_value
from colactl.schema.faults import culprit, ending, place_of, shown, value_shown
from colactl.schema.groups import GROUPS, LAUNCHER, declared
from colactl.schema.key_path import keys_of, split_key
from colactl.schema.names import near_keys, nearest, setting_for, taken_for
from colactl.shell import quoted

SEE = "Run `colactl show-config` to see the keys, and `colactl list-groups` the groups and their options."


def diagnosed(
    first: ConfigError, session: Session, overrides: Sequence[str], config_name: str = "config", here: bool = False
) -> ConfigError:
    """What to raise where a config could not be composed.

    Args:
        first: What Hydra stopped at.
        session: Hydra, initialised.
        overrides: As typed.
        config_name: The primary config.
        here: Whether it is to be trained on this machine.

    Returns:
        The same error, if there is nothing better to say.
    """
    try:
        faults = every_fault(session, overrides, config_name, here)
    except ConfigError as error:  # the primary config itself is broken: no override is to blame
        return error
    return refusal(faults) if faults else first


def refusal(faults: Sequence[str]) -> ConfigError:
    """The error for faults of overrides."""
    return ConfigError(faults[0], SEE) if len(faults) == 1 else ConfigError("This cannot be used:", SEE, tuple(faults))


def every_fault(session: Session, overrides: Sequence[str], config_name: str, here: bool = False) -> list[str]:
    """All that is wrong with overrides, and with the config that the sound ones make, in the order typed.

    Of an override with several values every option is judged, and whether there is such a key.

    Raises:
        ConfigError: There is no config without any override either.
    """
    diagnosis = Diagnosis(session, config_name)
    diagnosis.apply(overrides)
    diagnosis.check(overrides, here)
    return list(dict.fromkeys(fault for _, fault in sorted(diagnosis.faults, key=lambda pair: pair[0])))


def adds_misspelt_name(session: Session, config_name: str, overrides: Sequence[Override], whole: DictConfig) -> bool:
    """Whether an override adds a name at the top that is rather a misspelt one: what was meant would have its default.

    Args:
        session: Hydra, initialised.
        config_name: The primary config.
        overrides: Those it was composed with.
        whole: The config.
    """
    groups = session.configs(config_name).groups()
    plain: Any = OmegaConf.to_container(whole)
    added = [str(override.key_or_group) for override in overrides if adds_a_name(override)]
    without = {key: {name: plain[name] for name in plain if name != first_part(key)} for key in added}
    if not any(_own_name_near(key, without[key], groups) for key in added):
        return False  # as nearly always: the rest takes several times as long as composing
    diagnosis = Diagnosis(session, config_name)
    diagnosis.apply([str(override.input_line) for override in overrides])
    return bool(diagnosis.faults)


def _own_name_near(key: str, plain: dict[Any, Any], groups: Collection[str]) -> str | None:
    """The key or group of colactl's own that was probably meant by one whose name at the top does not exist.

    Args:
        key: As typed.
        plain: The config.
        groups: Those at the top.
    """
    names = {*map(str, plain), *groups}
    if first_part(key) in names:
        return None
    own = [name for name in (*GROUPS, "seed") if name in names]  # the user's may be like one another
    keys = [path for path in keys_of({group: plain[group] for group in GROUPS if group in plain}) if "." in path]
    return taken_for(key, own, keys)


@dataclass(frozen=True)
class Typed:
    """One override.

    Attributes:
        index: Its place among all that were typed.
        text: As typed.
        override: What Hydra makes of it; where it has several values, with the first alone.
        elements: The values, where it has several.
    """

    index: int
    text: str
    override: Override
    elements: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The group, or the key."""
        return str(self.override.key_or_group)

    @property
    def key(self) -> str:
        """The same with its package, without what marks an addition or a deletion."""
        return self.override.get_key_element().lstrip("+~")

    @property
    def deletes(self) -> bool:
        """Whether it takes something away."""
        return self.override.is_delete()

    @property
    def adds(self) -> bool:
        """Whether it adds something."""
        return self.override.is_add() or self.override.is_force_add()

    def corrected(self, key: str, value: str | None = None) -> str:
        """The override with the right key and the right value; None is as typed."""
        equals = "=" if "=" in self.text else ""
        return key + equals + (value_shown(self.text) if value is None else value)

    def with_elements(self, right: Sequence[str]) -> str:
        """Its value with other ones in the place of its elements, each but once."""
        typed, once = value_shown(self.text), list(dict.fromkeys(right))
        if len(once) < len(right):
            return once[0] if len(once) == 1 else f"choice({','.join(once)})"
        for wrong, better in zip(self.elements, right, strict=True):
            typed = re.sub(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])", better, typed)
        return typed

    def fault(self, text: str, *corrections: str) -> str:
        """A whole sentence: what is wrong, and the overrides that were probably meant."""
        return f"{shown(self.text)}: {text}{ending(corrections)}"


class Diagnosis:
    """Applies overrides, then checks the config that the sound ones make.

    Args:
        session: Hydra, initialised.
        config_name: The primary config.

    Attributes:
        faults: What is wrong, each with the index of its override.

    Raises:
        ConfigError: There is no such primary config.
    """

    def __init__(self, session: Session, config_name: str) -> None:
        self.faults: list[tuple[int, str]] = []
        self._session, self._config_name = session, config_name
        with explained():
            self._available = Available(session.configs(config_name))
            self._available.refuse_unknown_config(config_name)
        self._unsure: list[str] = []  # overrides whose value is not known: not readable, or several
        self._choices: set[int] = set()  # the overrides that choose options, or were meant to
        self._unknown: set[str] = set()  # names at the top below which nobody can tell what keys there would be
        self._is_swept = False  # whether a choice has several values
        self._whole = OmegaConf.create()  # the config that the sound ones make, with Hydra's node

    def apply(self, overrides: Sequence[str]) -> None:
        """Applies overrides as far as they are sound or can be corrected, and notes what is wrong.

        Raises:
            ConfigError: There is no config without any override either.
        """
        typed = self._read(overrides)
        self._apply_choices(typed)
        self._apply_values(typed)
        self._unsure += [one.text for one in typed if one.elements]

    def _read(self, overrides: Sequence[str]) -> list[Typed]:
        """The overrides that are whole and in Hydra's grammar."""
        typed: list[Typed] = []
        for index, words in _joined(overrides):
            text = "".join(words)
            faults = self._incomplete(words)
            try:
                typed += [] if faults else _parsed(index, text)
            except ConfigError as error:
                faults = error.faults
            self.faults += [(index, fault) for fault in faults]
            self._unsure += [text] if faults and "=" in text else []
        return typed

    def _incomplete(self, words: Sequence[str]) -> tuple[str, ...]:
        """What is wrong with one that is cut by spaces, or lacks its key or value; empty for any other."""
        text = "".join(words)
        key, equals, _ = text.partition("=")
        if len(words) > 1:
            return (f"{shown(' '.join(words))}: the shell cuts it at its spaces{ending([text])}",)
        if equals or text.startswith("~"):
            return () if key.strip("+~ ") else (f"{shown(text)}: a key is missing; KEY=VALUE would do.",)
        group, _, option = key.replace(":", "/").replace(".", "/").rpartition("/")
        known = self._available
        owners = [group] if group and known.has(group, option) else [] if group else known.groups_with(option)
        corrections = [f"{owner}={option}" for owner in owners] or ([key.replace(":", "=", 1)] if ":" in key else [])
        is_group = key in known.groups
        near = None if is_group else nearest(key, known.groups)
        offer = f"; {known.offer(key)}" if is_group else ""
        return (f"{shown(text)}: a value is missing{offer}{ending(corrections, no_value(near or text))}",)

    def _apply_choices(self, typed: Sequence[Typed]) -> None:
        """Judges those that choose options, and composes the config of those that are sound or can be corrected."""
        choices = [(one, text) for one in typed if (text := self._choice(one)) is not None]
        try:
            self._whole = self._composed([text for _, text in choices])
        except ConfigError:
            self._composed([])  # the primary config itself, which may be broken
            self._whole = self._composed(self._compatible(choices))

    def _composed(self, choices: Sequence[str]) -> DictConfig:
        with explained():  # as for a sweep, so that a group that must be chosen, and is not, is no fault
            return self._session.compose(self._config_name, choices, RunMode.MULTIRUN)

    def _choice(self, one: Typed) -> str | None:
        """What to compose with, if it chooses an option; where it is wrong, what was meant, if that is plain."""
        value: Any = one.override.value()
        is_group = self._available.is_group(one.name)
        if isinstance(value, dict) or (one.deletes and not is_group):
            return None
        options = list(one.elements) or (value if isinstance(value, list) else [value])
        if not is_group:
            return self._choice_of_no_group(one, options)
        self._choices.add(one.index)
        self._is_swept |= bool(one.elements)
        if one.deletes:
            return one.text
        wrong = [
            option for option in options if not (isinstance(option, str) and self._available.has(one.name, option))
        ]
        if wrong or not options:
            return self._choice_of_no_option(one, options, wrong)
        if one.override.is_force_add():
            return self._correct(one, "an option of a group is not forced", one.name, options)
        return None if one.elements else one.text

    def _choice_of_no_group(self, one: Typed, options: Sequence[Any]) -> str | None:
        if "." in one.name or not options:
            return None  # rather a key
        texts = [option for option in options if isinstance(option, str)]
        pairs = [pair for text in texts if (pair := self._available.nearest(one.name, text))]
        if len(pairs) < len(options):
            return None
        package = f"@{one.override.package}" if one.override.package else ""
        fault = f"there is no group {one.name}"
        return self._correct(one, fault, pairs[0][0] + package, [option for _, option in pairs])

    def _choice_of_no_option(self, one: Typed, options: Sequence[Any], wrong: Sequence[Any]) -> str | None:
        named = [option for option in wrong if isinstance(option, str)]
        near = {option: nearest(option, self._available.options(one.name)) for option in named}
        substitute = ""
        if len(options) == 1 and one.key == one.name:
            substitute = self._available.substitute(one.name, options[0], next(iter(near.values()), None))
        fault = f"the group {one.name} has no option {' or '.join(named)}"
        if len(named) < max(1, len(wrong)):
            fault = f"the group {one.name} wants the name of an option"
        elif one.name == LAUNCHER and named[0] in EXTRAS:
            fault = f"the launcher {named[0]} is not installed; pip install 'colactl[{EXTRAS[named[0]]}]' would do it"
        elif all(near.values()) and not substitute:
            return self._correct(one, fault, one.key, [near.get(option) or option for option in options])
        self.faults.append((one.index, one.fault(f"{fault}; {self._available.offer(one.name)}{substitute}")))
        self._unknown.add(first_part(place_of(one.text)))
        return None

    def _correct(self, one: Typed, fault: str, group: str, options: Sequence[str]) -> str | None:
        """Notes a fault with its correction, and returns that to compose with, unless it has several values."""
        self._choices.add(one.index)
        key = f"+{group}" if one.adds and group not in self._composed([]).hydra.runtime.choices else group
        value = options[0]
        if one.elements:
            value = one.with_elements(options)
        elif isinstance(one.override.value(), list):
            value = f"[{','.join(options)}]"
        self.faults.append((one.index, one.fault(fault, one.corrected(key, value))))
        return None if one.elements else f"{key}={value}"

    def _compatible(self, choices: Sequence[tuple[Typed, str]]) -> list[str]:
        """The choices that can be composed together; one may need a group that another one adds, hence the rounds."""
        kept: list[str] = []
        while choices:
            failed: list[tuple[Typed, str, ConfigError]] = []
            for one, text in choices:
                try:
                    self._composed([*kept, text])
                    kept.append(text)
                except ConfigError as error:
                    failed.append((one, text, error))
            if len(failed) == len(choices):
                self._refuse(failed, list(map(str, self._composed(kept).hydra.runtime.choices)))
                break
            choices = [(one, text) for one, text, _ in failed]
        return kept

    def _refuse(self, failed: Sequence[tuple[Typed, str, ConfigError]], selected: Sequence[str]) -> None:
        corrected = {index for index, _ in self.faults}  # and wrong once more
        faults = [(one.index, _not_composed(one, selected, error)) for one, _, error in failed]
        self.faults += [(index, fault) for index, fault in faults if index not in corrected]

    def _apply_values(self, typed: Sequence[Typed]) -> None:
        """Judges those that change values one by one, in order, and applies those that are sound."""
        plain: Any = OmegaConf.to_container(self._whole)
        for one in typed:
            depends = first_part(place_of(one.text)) in self._unknown or (self._is_swept and bool(one.elements))
            if one.index in self._choices or depends:  # on a choice that is not known, or on each of several
                continue
            near = _own_name_near(one.name, plain, self._available.top)  # what the overrides add is not compared with
            if fault := self._apply_value(one, near):
                self.faults.append((one.index, fault))

    def _apply_value(self, one: Typed, near: str | None) -> str | None:
        """Applies an override as Hydra does; what is wrong with it, if it cannot be.

        Args:
            one: The override.
            near: The name of colactl's own that is near one at the top that does not exist.
        """
        is_there = self._is_there(one.name)
        if not one.adds and not one.deletes and not is_there:
            return self._no_such_key(one, near)  # Hydra would have changed the config before it found that out
        if near and adds_a_name(one.override):
            return self._no_such_key(one, near)
        try:
            with explained():
                apply(one.override, self._whole)
        except ConfigError as error:
            if one.adds and is_there:
                return one.fault(f"there is a key {one.name} already", one.corrected(one.name))
            return one.fault(error.message.rstrip(".")) if is_there else self._no_such_key(one, near)
        return None

    def _no_such_key(self, one: Typed, near: str | None) -> str:
        if one.override.package is not None:
            keys = tuple(self._whole.hydra.runtime.choices) + self._available.groups
            return one.fault(f"there is no group {one.name}", *map(one.corrected, near_keys(one.key, keys)))
        kind, corrections = "key" if "." in one.name else "group or key", self._corrections(one)
        advice = self._advice(one, near) if not corrections and not one.deletes else ""
        return one.fault(f"there is no {kind} {one.name}{advice}", *corrections)

    def _advice(self, one: Typed, near: str | None) -> str:
        """What to say of a key where it is not plain which one was meant."""
        if near:
            is_group = near in self._available.groups and "." not in one.name
            offer = f"; {self._available.offer(near)}" if is_group else ""
            return f"; {near} is near{offer}; as a name of your own it belongs in a config file"
        if not one.adds and (choices := self._available.choices_with(one.name)):
            return f"; {' or '.join(choices)} would bring it"
        name = first_part(one.name)  # of colactl's own the keys are known
        can_be_added = name not in (*GROUPS, "hydra") and isinstance(self._whole.get(name, {}), DictConfig | dict)
        return f"; {quoted(one.corrected(f'+{one.name}'))} would add it" if can_be_added else ""

    def _corrections(self, one: Typed) -> list[str]:
        key = one.name.replace("/", ".")
        above, _, last = key.rpartition(".")
        group = above.replace(".", "/")
        if group and not one.deletes and self._available.has(group, last):
            return [f"{group}={last}"]
        if (setting := setting_for(last, one.override.value())) and not one.deletes:
            return [setting]
        is_hydras = key.startswith("hydra.")
        near = near_keys(key, tuple(name for name in self._names if name.startswith("hydra.") == is_hydras))
        if one.deletes:
            return [one.corrected(f"~{name}") for name in near if not name.startswith("+")]
        return [text for name in near if (text := self._with_right_value(one, self._names[name]))]

    def _with_right_value(self, one: Typed, key: str) -> str | None:
        """An override of the right key; a wrong value is corrected too, and None where it cannot be."""
        value = one.override.value()
        declaration = declared(key)
        if declaration and declaration.choices and not declaration.allows(value):
            right = meant_value(declaration, value)
            return one.corrected(key, right) if right and not one.elements else None  # None: the name of another thing
        if key not in self._available.groups or value is None or isinstance(value, dict):
            return one.corrected(key)
        pair = self._available.nearest(key, str(value))
        return one.corrected(key, pair[1]) if pair else None

    @cached_property
    def _names(self) -> dict[str, str]:
        """What there is to override, by its dotted key, as it is typed."""
        plain: Any = OmegaConf.to_container(self._whole)
        hydra = {"hydra": plain.pop("hydra")}
        keys = [*keys_of(plain), *(key for key in keys_of(hydra) if is_honoured(key))]
        names = {key: key for key in keys} | {group.replace("/", "."): group for group in self._available.groups}
        for group in ("training", "optimizer"):
            values = plain.get(group)
            free = free_keys(group, values) if isinstance(values, dict) else None
            names |= {f"+{group}.{key}": f"+{group}.{key}" for key in sorted(free or ()) if key not in (values or {})}
        return names

    def _is_there(self, key: str) -> bool:
        """Whether Hydra finds such a key; its value may still have to be set."""
        *above, last = split_key(key)
        try:
            node: Any = OmegaConf.select(self._whole, ".".join(above)) if above else self._whole
        except OmegaConfBaseException:
            return False
        if isinstance(node, ListConfig):
            return last.isdigit() and int(last) < len(node)
        return isinstance(node, DictConfig) and last in map(str, node.keys())

    def check(self, overrides: Sequence[str], here: bool) -> None:
        """Notes the faults of the config itself, less those of values that are not known; a sweep's are, job by job.

        Args:
            overrides: As typed.
            here: As for `diagnosed`.
        """
        config = without_hydra(self._whole)
        if not trainable(config):
            return
        try:
            faults, _ = checked(config, here=here)
        except ConfigError as error:
            self.faults.append((len(overrides), str(error)))
            return
        last = {text: index for index, text in enumerate(overrides)}
        for fault in faults:
            if fault.unknown or not any(culprit([path], self._unsure) for path in fault.paths):
                index = last.get(culprit(fault.paths, overrides) or "", len(overrides))
                self.faults.append((index, fault.sentence(overrides)))


def _joined(overrides: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Puts together what spaces about an `=` or after a comma have cut: `seed = 1` is one override, and `seed=1, 2`."""
    words: list[str] = []
    for index, text in enumerate(overrides):
        before = "".join(words)
        is_cut = text.startswith("=") and "=" not in before and before != ""
        is_cut |= before.endswith(("=", ",")) and "=" not in text and not text.startswith(("~", "+"))
        if words and not is_cut:
            yield index - len(words), words
            words = []
        words = [*words, text]
    if words:
        yield len(overrides) - len(words), words


def _parsed(index: int, text: str) -> list[Typed]:
    """An override as Hydra reads it; none where it has several values that only Hydra can list."""
    (override,) = parse([text])
    if not override.is_sweep_override():
        return [Typed(index, text, override)]
    value = override.value()
    elements: list[str] = []
    if override.is_choice_sweep() and override.value_type != ValueType.GLOB_CHOICE_SWEEP:
        elements = list(override.sweep_string_iterator())
    elif isinstance(value, RangeSweep | IntervalSweep):
        elements = [str(value.start)]
    first = [f"{override.get_key_element()}={element}" for element in elements[:1]]
    return [Typed(index, text, single, tuple(elements)) for single in parse(first)]


def _not_composed(one: Typed, selected: Sequence[str], error: ConfigError) -> str:
    """What is wrong with a choice of an option that exists.

    Args:
        one: The choice.
        selected: The groups of the defaults list, with their packages.
        error: What Hydra says.
    """
    if one.key in selected:
        if one.adds:
            return one.fault(f"the group {one.name} is among the defaults already", one.corrected(one.key))
        return one.fault(error.message.rstrip("."))
    others = get_close_matches(one.key, [key for key in selected if key.partition("@")[0] == one.name], cutoff=0.0)
    fault = f"there is no {one.key} among the defaults"
    if one.deletes:
        near = nearest(one.key, others) or nearest(one.key, selected)
        return one.fault(fault, *([one.corrected(f"~{near}")] if near else []))
    if not others and one.adds:
        return one.fault(error.message.rstrip("."))
    return one.fault(fault, *([one.corrected(key) for key in others] or [one.corrected(f"+{one.key}")]))
