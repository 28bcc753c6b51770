"""A base and a job's values become the job's config: checked, with its share of the cores."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition import machine, secrets
from colactl.composition.session import explained
from colactl.composition.validate import as_fault, follows_another, refuse, validate
from colactl.schema.check import Changes, examine
from colactl.schema.faults import Fault
from colactl.schema.groups import GROUPS
from colactl.schema.key_path import Place
from colactl.sweeping.engines.engine import runs_here, threads_for
from colactl.sweeping.planning.base import Base
from colactl.sweeping.planning.containers import holding, put_all
from colactl.sweeping.planning.interpolations import find


class Configs:
    """Makes the configs of a sweep's jobs.

    Args:
        launcher: Hydra's, as the sweep has it.
    """

    def __init__(self, launcher: DictConfig) -> None:
        self._launcher = launcher
        self._here = runs_here(launcher)
        self._threads: dict[bytes, int] = {}

    def of(self, base: Base, values: Changes, overrides: Sequence[str]) -> tuple[dict[str, Any], Changes]:
        """The config of a job, unresolved, as `validate` completes it, and with a number of threads.

        Args:
            base: What was composed for it.
            values: What is different in this job.
            overrides: The job's, to name those at fault.

        Returns:
            Plain containers, which share with other jobs' what is the same in both: not to be changed. And what the
            interpolations in them come to.

        Raises:
            ConfigError: With every fault of the config.
            DataError: Nothing is wrong but that files are not there.
        """
        raw = put_all(base.raw, values)
        found = _resolve(base, values)
        if _is_irregular(raw, found):
            config = self._of_irregular(base, values, overrides)
            return config, read(OmegaConf.create(config), list(find(config)))
        plain = put_all(raw, found)
        faults, changes = examine(plain, lambda path: _follows(base, values, path))
        faults += machine.faults(plain) if self._here else []
        refuse([*_secrets(base, values, found), *faults], overrides=overrides)
        config, plain = put_all(raw, changes), put_all(plain, changes)
        if plain["training"]["threads"] == "auto":
            threads = self._share(base, {**values, **changes}, pickle.dumps((plain["model"], plain["training"])))
            config = put_all(config, {("training", "threads"): threads})
        return config, {place: value for place, value in found.items() if place not in changes}

    def _of_irregular(self, base: Base, values: Changes, overrides: Sequence[str]) -> dict[str, Any]:
        with holding(base.live, values):
            OmegaConf.clear_cache(base.live)
            config = validate(base.live, overrides=overrides, here=self._here)
        if config.training.threads == "auto":
            config.training.threads = threads_for(config, self._launcher)
        container: Any = OmegaConf.to_container(config)
        return dict(container)

    def _share(self, base: Base, values: Changes, key: bytes) -> int:
        """As `threads_for`, which is asked once for all jobs that agree in the two groups it looks at, the key."""
        if key not in self._threads:
            with holding(base.live, values):
                self._threads[key] = threads_for(base.live, self._launcher)
        return self._threads[key]


def _resolve(base: Base, values: Changes) -> Changes:
    """What the interpolations come to in a job."""
    moving = base.interpolations.moving(tuple(values))
    places = [place for place in base.interpolations.places if place not in values]
    stale = [place for place in places if place in moving or place not in base.fixed]
    fresh: Changes = {}
    if stale:
        with holding(base.live, values):
            OmegaConf.clear_cache(base.live)  # some resolvers keep what they said for another job
            fresh = read(base.live, stale)
    base.fixed.update({place: value for place, value in fresh.items() if place not in moving})
    return {place: fresh[place] if place in fresh else base.fixed[place] for place in places}


def read(config: DictConfig, places: list[Place]) -> Changes:
    """What stands at places of a config, its interpolations filled in."""
    try:
        return {place: _value(config, place) for place in places}
    except (OmegaConfBaseException, RecursionError):
        pass  # nothing there to refer to, say
    with explained():
        plain: Any = OmegaConf.to_container(config, resolve=True)
    found: Changes = {}
    for place in places:
        found[place] = plain
        for key in place:
            found[place] = found[place][key]
    return found


def _value(config: Any, place: Place) -> Any:
    for key in place:
        config = config[key]
    return OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config


def _is_irregular(raw: dict[str, Any], found: Changes) -> bool:
    """Whether a known group, or a mapping in one, is not where it seems to be; `validate` knows its way there."""
    aliases = any(isinstance(value, dict) and place[0] in GROUPS for place, value in found.items())
    return aliases or not all(isinstance(raw.get(group), dict) for group in GROUPS)


def _follows(base: Base, values: Changes, path: str) -> bool:
    with holding(base.live, values):
        return follows_another(base.live, path)


def _secrets(base: Base, values: Changes, found: Changes) -> list[Fault]:
    """The faults of `secrets.faults`, which reads everything: only where something new looks like one."""
    moving = base.interpolations.moving(tuple(values))
    literal = (_leaf_fault(place, value, True) for place, value in values.items())
    followed = (_leaf_fault(place, found[place], False) for place in found if place in moving)
    if not base.holds_a_secret and not any(literal) and not any(followed):
        return []
    with holding(base.live, values):
        OmegaConf.clear_cache(base.live)
        return list(map(as_fault, secrets.faults(base.live)))


def _leaf_fault(place: Place, value: Any, literal: bool) -> str | None:
    if isinstance(value, dict | list):  # told where it stands
        return None
    return secrets.leaf_fault(".".join(map(str, place)), str(place[-1]), value, literal)
