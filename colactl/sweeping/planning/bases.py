"""Composing once for all jobs that differ only in single values.

A job's overrides that only give a key another scalar are left out of the composition, and their values are put into
what was composed. The result is the same, because Hydra applies overrides one by one to a config that the choices of
groups alone have made (interpolations of a defaults list know the choices, and no value). It needs only that no other
override of the job touches or reads the same place; where one might, the job is composed with all of its overrides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import AnyNode, DictConfig, OmegaConf, ValueNode, flag_override

from colactl.composition import secrets
from colactl.composition.compose import Composed, compose_in
from colactl.composition.hydra_port import Session, node_at, set_value
from colactl.composition.overrides import parse
from colactl.errors import ConfigError
from colactl.schema.check import Changes
from colactl.schema.declaration import MISSING
from colactl.schema.key_path import ABSENT, Place, look_up, split_key
from colactl.sweeping.planning.containers import find_interpolations, related

KEPT = 128  # compositions at a time; one takes some 300 kB


class Base:
    """A composed config that several jobs start from.

    Attributes:
        whole: As Hydra made it.
        config: The config without Hydra's node.
        raw: The same as plain containers, unresolved.
        choices: The option in force of each group.
        subdir: `hydra.sweep.subdir`, unresolved.
    """

    def __init__(self, composed: Composed) -> None:
        self.whole = composed.whole
        self.config = composed.config
        raw: Any = OmegaConf.to_container(self.config)
        self.raw: dict[str, Any] = raw
        choices: Any = OmegaConf.to_container(composed.hydra.runtime.choices)
        self.choices: dict[str, str | None] = choices
        sweep: Any = OmegaConf.to_container(composed.hydra.sweep)
        self.subdir = str(sweep["subdir"])

    @cached_property
    def interpolations(self) -> list[Place]:
        """The places of those in `raw`."""
        return list(find_interpolations(self.raw))

    @cached_property
    def holds_a_secret(self) -> bool:
        """Whether it does even without the values of a job."""
        return any(secrets.faults(self.config))

    @cached_property
    def naming(self) -> tuple[list[str], str, str]:
        """How Hydra makes `hydra.job.override_dirname`: the keys that it leaves out, and its two separators."""
        naming = self.whole.hydra.job.config.override_dirname
        return list(naming.exclude_keys), naming.item_sep, naming.kv_sep

    def takes_any_value(self, place: Place) -> bool:
        """Whether there is an untyped leaf, as all leaves are that come from YAML."""
        parent = node_at(self.config, place[:-1]) if isinstance(look_up(self.raw, place[:-1]), dict) else None
        return parent is not None and type(node_at(parent, place[-1:])) is AnyNode and not OmegaConf.is_readonly(parent)

    @contextmanager
    def holding(self, config: DictConfig, values: Changes) -> Iterator[None]:
        """Gives `config` or `whole` other values, and then its own again."""
        try:
            for place, value in values.items():
                assign(config, place, value)
            OmegaConf.clear_cache(config)  # a resolver may keep what it returned for another job
            yield
        finally:
            for place in values:
                assign(config, place, look_up(self.raw, place))


def assign(config: DictConfig, place: Place, value: Any) -> None:
    """Gives a key another value, whatever flags the config has; `ABSENT` deletes it."""
    node = node_at(config, place)
    if isinstance(node, ValueNode) and not isinstance(value, dict | list) and value is not ABSENT:
        set_value(node, value)
        return
    parent = node_at(config, place[:-1])
    with flag_override(parent, ["readonly", "struct"], False):
        if value is ABSENT:
            del parent[place[-1]]
        else:
            parent[place[-1]] = value


@dataclass(frozen=True, eq=False)  # there is one of each text
class JobOverride:
    """One override of a job.

    Attributes:
        text: As the job has it.
        parsed: What Hydra makes of that.
        place: The keys that lead to what it changes.
        is_choice: Whether it chooses a group's option.
        is_value: Whether it only gives a key that is there another value, which is neither a container nor an
            interpolation.
    """

    text: str
    parsed: Override
    place: Place
    is_choice: bool
    is_value: bool

    @property
    def value(self) -> Any:
        """The value that it gives."""
        return self.parsed.value()


class Bases:
    """Composes what jobs start from, each base once.

    Args:
        session: Hydra, initialised.
        config_name: The primary config.
        hydra_overrides: The overrides of Hydra's own keys, which all jobs share.
    """

    def __init__(self, session: Session, config_name: str, hydra_overrides: Sequence[str]) -> None:
        self._session, self._config_name, self._hydra_overrides = session, config_name, hydra_overrides
        self._is_group = cache(session.configs(config_name).is_group)
        self._absent: dict[Place, str] = {}  # the first override of each key that is not there
        self.read = cache(self._read)
        self._compose_once = lru_cache(KEPT)(self._try_to_compose)

    def of(self, texts: Sequence[str]) -> tuple[Base, Changes]:
        """What a job starts from, and the values that make it that job.

        Raises:
            ConfigError: The overrides cannot be parsed or applied.
        """
        try:
            overrides = [self.read(text) for text in texts]
        except ConfigError:
            return self._compose(texts), {}  # which names the faults of every override
        chosen = self._base(override.text for override in overrides if override.is_choice)
        others = [override for override in overrides if not override.is_choice]
        alone = [override for override in others if override.is_value and not _touches_another(override, others)]
        values = {override.place: override.value for override in alone if chosen.takes_any_value(override.place)}
        composed = [override for override in overrides if override.place not in values or override.is_choice]
        if _reads_another([override for override in composed if not override.is_choice], others, chosen):
            return self._compose(texts), {}
        # Whatever the value of a key that is not there, Hydra's error is the same: ten thousand are told in seconds.
        absent = [override for override in alone if look_up(chosen.raw, override.place) is ABSENT]
        first = {override: self._absent.setdefault(override.place, override.text) for override in absent}
        if first:
            self._base(first.get(override, override.text) for override in composed)
        return self._base(override.text for override in composed), values

    def _read(self, text: str) -> JobOverride:
        """Reads an override as Hydra does in a job."""
        (parsed,) = parse([text])
        key, value = parsed.key_or_group, parsed.value()
        changes = parsed.type == OverrideType.CHANGE and parsed.package is None and not parsed.is_hydra_override()
        return JobOverride(
            text=text,
            parsed=parsed,
            place=tuple(split_key(key)),
            is_choice=self._is_group(key) and not isinstance(value, dict),
            is_value=changes and not self._is_group(key) and _is_scalar(value),
        )

    def _base(self, overrides: Iterable[str]) -> Base:
        """Composes once, and fails again in the same way."""
        base = self._compose_once(tuple(overrides))
        if isinstance(base, ConfigError):
            raise base.with_traceback(None)  # or it would grow with every job
        return base

    def _try_to_compose(self, overrides: tuple[str, ...]) -> Base | ConfigError:
        try:
            return self._compose(overrides)
        except ConfigError as error:
            return error

    def _compose(self, overrides: Sequence[str]) -> Base:
        return Base(compose_in(self._session, [*self._hydra_overrides, *overrides], self._config_name))


def _is_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return value != MISSING and "${" not in value
    return value is None or isinstance(value, int | float)


def _touches_another(override: JobOverride, others: list[JobOverride]) -> bool:
    return any(related(override.place, other.place) for other in others if other is not override)


def _reads_another(composed: list[JobOverride], others: list[JobOverride], chosen: Base) -> bool:
    """Whether Hydra may follow an interpolation as it applies one of these overrides.

    It follows those above the key, those at the key to see whether there is something to add to or to delete, and
    those below it when it merges containers.

    Args:
        composed: The overrides that Hydra applies.
        others: All overrides of the job but its choices, which may bring interpolations.
        chosen: What the choices alone make.
    """
    for override in composed:
        depth = len(override.place) + (override.parsed.type in (OverrideType.ADD, OverrideType.DEL))
        merges = isinstance(override.value, dict | list)
        places = list(chosen.interpolations)
        for other in others:
            if other is not override:
                places += [(*other.place, *place) for place in find_interpolations(other.value)]
        if any(related(place, override.place) and (len(place) < depth or merges) for place in places):
            return True
    return False
