"""Which interpolations of a config can come out differently when some of its values change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from colactl.schema.key_path import Place
from colactl.sweeping.planning.containers import related

ONE = re.compile(r"\$\{([^${}]*)\}")
KEY = re.compile(r"(\.*)([\w-]+(?:\.[\w-]+)*)")  # ${seed}, ${training.devices}, ${.name}, ${..columns.label}
ENVIRONMENT = re.compile(r"oc\.env:\w+(,[\w./:@ -]*)?")  # the same for every job


def find(container: Any, place: Place = ()) -> Iterator[Place]:
    """The places of the interpolations in an unresolved plain container, in order."""
    if isinstance(container, dict | list):
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in items:
            yield from find(value, (*place, key))
    elif isinstance(container, str) and "${" in container:  # which is how OmegaConf tells one
        yield place


class Interpolations:
    """The interpolations of a config.

    Args:
        raw: The config, unresolved.
    """

    def __init__(self, raw: dict[str, Any]) -> None:
        self.places = tuple(find(raw))
        self._targets = {place: _targets(_text(raw, place), place) for place in self.places}
        self._moving: dict[tuple[Place, ...], frozenset[Place]] = {}

    def moving(self, changed: tuple[Place, ...]) -> frozenset[Place]:
        """Those whose value may depend on values that change; a doubt counts as yes."""
        if changed not in self._moving:
            self._moving[changed] = self._find_moving(changed)
        return self._moving[changed]

    def _find_moving(self, changed: tuple[Place, ...]) -> frozenset[Place]:
        moving: set[Place] = set()
        while True:
            sources = [*changed, *moving]
            more = {place for place in self.places if place not in moving and self._depends(place, sources)}
            if not more:
                return frozenset(moving)
            moving |= more

    def _depends(self, place: Place, sources: Sequence[Place]) -> bool:
        targets = self._targets[place]
        return targets is None or any(related(target, source) for target in targets for source in sources)


def _text(raw: Any, place: Place) -> str:
    for key in place:
        raw = raw[key]
    return str(raw)


def _targets(text: str, place: Place) -> list[Place] | None:
    """The places that an interpolation reads; None where that cannot be told at a glance."""
    bodies = [body.strip() for body in ONE.findall(text)]
    if text.count("${") != len(bodies) or "\\" in text:
        return None  # one within another, say
    targets = []
    for body in bodies:
        if key := KEY.fullmatch(body):
            above = place[: -len(key[1])] if key[1] else ()  # one dot is the mapping that it stands in
            targets.append((*above, *key[2].split(".")))
        elif not ENVIRONMENT.fullmatch(body):
            return None
    return targets
