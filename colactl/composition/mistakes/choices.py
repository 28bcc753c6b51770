"""The overrides that choose an option of a group: what is wrong with them, and the config that the sound ones make."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from colactl.composition.hydra_port import Session
from colactl.composition.mistakes.known import Known
from colactl.composition.mistakes.stand_ins import in_place_of
from colactl.composition.mistakes.typed import Typed
from colactl.composition.problems import EXTRAS, explained
from colactl.errors import ConfigError
from colactl.schema.choices import LAUNCHER
from colactl.schema.faults import place_of
from colactl.schema.names import nearest


class Choices:
    """Judges the choices among overrides.

    Args:
        session: Hydra, initialised.
        config_name: The primary config.
        known: What there is to choose from.
        typed: All overrides.

    Attributes:
        faults: What is wrong, with the index of the override.
        indices: The overrides that are choices, or were meant to be.
        whole: The config of those that are sound, or mended, with Hydra's node.

    Raises:
        ConfigError: There is no config without any override either.
    """

    def __init__(self, session: Session, config_name: str, known: Known, typed: Sequence[Typed]) -> None:
        self._session, self._config_name, self._known = session, config_name, known
        self.faults: list[tuple[int, str]] = []
        self.indices: set[int] = set()
        self._swept = False
        self._lost: set[str] = set()  # where nobody can tell what keys there would be
        sound = [(one, text) for one in typed if (text := self._judge(one)) is not None]
        self.whole = self._compose(sound)

    def hides(self, one: Typed) -> bool:
        """Whether it takes a choice that is not known to tell if an override of a value is right."""
        return place_of(one.text).partition(".")[0] in self._lost or (self._swept and bool(one.elements))

    def _judge(self, one: Typed) -> str | None:
        """The choice to compose with, if it is one; where it is wrong, the one that was meant, if that is plain."""
        value: Any = one.override.value()
        if isinstance(value, dict) or (one.deletes and not self._known.is_group(one.group)):
            return None
        options = list(one.elements) or (value if isinstance(value, list) else [value])
        if not self._known.is_group(one.group):
            return self._of_no_group(one, options)
        self.indices.add(one.index)
        self._swept |= bool(one.elements)
        if one.deletes:
            return one.text
        wrong = [each for each in options if not (isinstance(each, str) and self._known.has(one.group, each))]
        if wrong or not options:
            return self._wrong_option(one, options, wrong)
        if one.override.is_force_add():
            return self._mend(one, "an option of a group is not forced", one.group, options)
        return None if one.elements else one.text

    def _of_no_group(self, one: Typed, options: Sequence[Any]) -> str | None:
        texts = [each for each in options if isinstance(each, str)] if "." not in one.group else []
        found = [each for each in (self._known.meant(one.group, text) for text in texts) if each is not None]
        if not found or len(found) < len(options):
            return None
        package = f"@{one.override.package}" if one.override.package else ""
        return self._mend(one, f"there is no group {one.group}", found[0][0] + package, [option for _, option in found])

    def _wrong_option(self, one: Typed, options: Sequence[Any], wrong: Sequence[Any]) -> str | None:
        known, named = self._known.options(one.group), [each for each in wrong if isinstance(each, str)]
        near = {each: nearest(each, known) for each in named}
        single = len(options) == 1 and one.key == one.group
        instead = in_place_of(one.group, options[0], next(iter(near.values()), None), self._known) if single else ""
        text = f"the group {one.group} has no option {' or '.join(named)}"
        if len(named) < max(1, len(wrong)):
            text = f"the group {one.group} wants the name of an option"
        elif one.group == LAUNCHER and named[0] in EXTRAS:
            text = f"the launcher {named[0]} is not installed; pip install 'colactl[{EXTRAS[named[0]]}]' would do it"
        elif all(near.values()) and not instead:
            return self._mend(one, text, one.key, [near.get(each) or each for each in options])
        self.faults.append((one.index, one.fault(f"{text}; {self._known.offer(one.group)}{instead}")))
        self._lost.add(place_of(one.text).partition(".")[0])
        return None

    def _mend(self, one: Typed, fault: str, group: str, options: Sequence[str]) -> str | None:
        self.indices.add(one.index)
        key = f"+{group}" if one.adds and group not in self._defaults else group
        value = options[0]
        if one.elements:
            value = one.with_elements(options)
        elif isinstance(one.override.value(), list):
            value = f"[{','.join(options)}]"
        self.faults.append((one.index, one.fault(fault, one.instead(key, value))))
        return None if one.elements else f"{key}={value}"

    @cached_property
    def _defaults(self) -> frozenset[str]:
        """The groups of the defaults list, with their packages."""
        return frozenset(map(str, self._composed([]).hydra.runtime.choices))

    def _compose(self, sound: list[tuple[Typed, str]]) -> DictConfig:
        try:
            return self._composed([text for _, text in sound])
        except ConfigError:
            self._composed([])  # the primary config itself, which may be broken
        return self._sort_out(sound)

    def _sort_out(self, sound: list[tuple[Typed, str]]) -> DictConfig:
        """Keeps those that can be applied; one may need a group that another one adds, hence the rounds."""
        kept: list[str] = []
        while sound:
            failed: list[tuple[Typed, str, ConfigError]] = []
            for one, text in sound:
                try:
                    self._composed([*kept, text])
                    kept.append(text)
                except ConfigError as error:
                    failed.append((one, text, error))
            if len(failed) == len(sound):
                chosen: Any = OmegaConf.to_container(self._composed(kept).hydra.runtime.choices)
                told = {index for index, _ in self.faults}  # a mended one may be wrong once more
                self.faults += [
                    (one.index, _refused(one, list(chosen), error)) for one, _, error in failed if one.index not in told
                ]
                break
            sound = [(one, text) for one, text, _ in failed]
        return self._composed(kept)

    def _composed(self, texts: list[str]) -> DictConfig:
        with explained():
            # as for a sweep: a group that must be chosen, and is not, is no fault of the other overrides
            return self._session.compose(self._config_name, texts, RunMode.MULTIRUN)


def _refused(one: Typed, chosen: list[str], error: ConfigError) -> str:
    """What is wrong with a choice of an option that is there.

    Args:
        one: The choice.
        chosen: The groups of the defaults list, with their packages.
        error: What Hydra says.
    """
    if one.adds and one.key in chosen:
        return one.fault(f"the group {one.group} is among the defaults already", one.instead(one.key))
    if one.key in chosen:
        return one.fault(f"{error.message.rstrip('.')}")
    others = get_close_matches(one.key, [key for key in chosen if key.partition("@")[0] == one.group], cutoff=0.0)
    near = nearest(one.key, others) or nearest(one.key, chosen) if one.deletes else None
    if one.deletes:
        return one.fault(f"there is no {one.key} among the defaults", *([one.instead(f"~{near}")] if near else []))
    if not others and one.adds:
        return one.fault(f"{error.message.rstrip('.')}")
    meant = [one.instead(key) for key in others] or [one.instead(f"+{one.key}")]
    return one.fault(f"there is no {one.key} among the defaults", *meant)
