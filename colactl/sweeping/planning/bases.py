"""Composing once for all jobs that differ only in single values.

A job's overrides that only give a key another scalar are left out of the composition, and applied to what it made. That
is the same as composing them too, because Hydra applies overrides one by one to a config that the choices of groups
alone have made (interpolations of a defaults list know the choices, and no value). It needs only that no other override
of the job touches, or looks at, the same place; where one might, the job is composed with all of its overrides.
"""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.override_parser.types import Override, OverrideType

from colactl.composition.compose import compose_in
from colactl.composition.hydra_port import Session
from colactl.errors import ConfigError
from colactl.schema.check import Changes
from colactl.schema.key_path import Place
from colactl.sweeping.planning.base import Base
from colactl.sweeping.planning.containers import ABSENT, look_up, related
from colactl.sweeping.planning.expand import Element, Elements
from colactl.sweeping.planning.interpolations import find

KEPT = 128  # compositions at a time; one takes some 300 kB


class Bases:
    """Composes what jobs start from, each base once.

    Args:
        session: Hydra, initialised.
        config_name: The primary config.
        own: The overrides of Hydra's own keys, which all jobs share.
    """

    def __init__(self, session: Session, config_name: str, own: Sequence[str]) -> None:
        self._session, self._config_name, self._own = session, config_name, own
        self._elements = Elements(session, config_name)
        self._kept: dict[tuple[str, ...], Base | ConfigError] = {}
        self._absent: dict[Place, str] = {}  # the first override of each key that is not there

    def of(self, overrides: Sequence[str]) -> tuple[Base, Changes]:
        """What a job starts from, and the values that make it that job.

        Raises:
            ConfigError: The overrides cannot be parsed or applied.
        """
        try:
            elements = [self._elements.of(text) for text in overrides]
        except ConfigError:
            return self._compose(overrides), {}  # which tells the faults of every override
        chosen = self._keep(tuple(element.text for element in elements if element.chooses))
        others = [element for element in elements if not element.chooses]
        alone = {element for element in others if _is_alone(element, others)}
        waiting = {element for element in alone if chosen.is_free(element.place)}
        if _tangled([element for element in others if element not in waiting], chosen):
            return self._compose(overrides), {}
        composed = [element for element in elements if element not in waiting]
        self._fail_soon(composed, alone, chosen)
        if not waiting:
            return (self._compose(overrides) if others else chosen), {}
        base = self._keep(tuple(element.text for element in composed))
        return base, {element.place: element.value for element in elements if element in waiting}

    def parsed(self, overrides: Sequence[str]) -> list[Override]:
        """A job's overrides, each read once for all jobs that have it."""
        return [self._elements.of(text).override for text in overrides]

    def _fail_soon(self, elements: list[Element], alone: set[Element], chosen: Base) -> None:
        """Fails as an earlier job did, if both change a key that is not there: whatever the value, Hydra says the same.

        Ten thousand values for a misspelt key are told in seconds that way.
        """
        absent = [one for one in elements if one in alone and look_up(chosen.raw, one.place) is ABSENT]
        first = {element: self._absent.setdefault(element.place, element.text) for element in absent}
        if first:
            self._keep(tuple(first.get(element, element.text) for element in elements))

    def _keep(self, overrides: tuple[str, ...]) -> Base:
        """Composes once, and fails again in the same way."""
        if overrides not in self._kept:
            if len(self._kept) == KEPT:
                del self._kept[next(iter(self._kept))]  # the oldest
            try:
                self._kept[overrides] = self._compose(overrides)
            except ConfigError as error:
                self._kept[overrides] = error
        kept = self._kept[overrides]
        if isinstance(kept, ConfigError):
            raise kept.with_traceback(None)  # or it would grow with every job
        return kept

    def _compose(self, overrides: Sequence[str]) -> Base:
        return Base(compose_in(self._session, [*self._own, *overrides], self._config_name))


def _is_alone(element: Element, others: list[Element]) -> bool:
    """Whether an override gives a key another scalar, and no other one is about that place."""
    return element.scalar and not any(related(element.place, one.place) for one in others if one is not element)


def _tangled(others: list[Element], chosen: Base) -> bool:
    """Whether any of these overrides may look, through an interpolation, at a value that is not composed with them.

    Hydra follows those above the key, those at the key to see whether there is something to add to or to delete, and
    those below it when it merges containers.
    """
    for element in others:
        value = element.value
        added = {(*other.place, *place) for other in others if other is not element for place in find(other.value)}
        for place in (*chosen.interpolations.places, *added):
            depth = len(element.place) + (element.override.type in (OverrideType.ADD, OverrideType.DEL))
            if related(place, element.place) and (len(place) < depth or isinstance(value, dict | list)):
                return True
    return False
