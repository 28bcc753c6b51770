"""Two configs, from overrides or from files, and where they differ, value by value."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import compose
from colactl.composition.secrets import refuse_secrets
from colactl.composition.session import explained
from colactl.composition.validate import trainable, validate
from colactl.errors import ConfigError
from colactl.schema.config_files import load
from colactl.schema.key_path import ABSENT, dotted

CHOICES = "hydra.runtime.choices"  # where Hydra has the option of each group
HYDRA = Path(".hydra")  # in a run's folder: what Hydra composed it from and to


@dataclass(frozen=True)
class Side:
    """A config to compare.

    Attributes:
        values: The config without Hydra's node.
        choices: The option of each group that it was composed of; empty where that is not known.
    """

    values: dict[str, Any]
    choices: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """A place at which two configs differ.

    Attributes:
        place: The keys that lead to it.
        a: The first config's value, a plain container; `ABSENT` if it has none.
        b: The second config's.
    """

    place: tuple[Any, ...]
    a: Any
    b: Any

    @property
    def mark(self) -> str:
        """`-` if only the first one has a value, `+` if only the second one has, `~` if both have."""
        return "-" if self.b is ABSENT else "+" if self.a is ABSENT else "~"

    def as_json(self) -> dict[str, Any]:
        """Both values under "a" and "b"; a side that lacks the key has no entry."""
        return {name: value for name, value in (("a", self.a), ("b", self.b)) if value is not ABSENT}


@dataclass(frozen=True)
class Comparison:
    """Where two configs differ.

    Attributes:
        values: In the configs themselves; empty if these are equal.
        choices: In the groups that they were composed of, where that is known of both. Equal configs may come from
            different options.
    """

    values: list[Difference]
    choices: list[Difference]

    def as_json(self) -> dict[str, Any]:
        """By path, "a" and "b" with the values of both; the choices are where Hydra has them in the whole config."""
        if not self.values:
            return {}
        choices = {f"{CHOICES}.{choice.place[0]}": choice.as_json() for choice in self.choices}
        return choices | {dotted(value.place): value.as_json() for value in self.values}


def compare(a: Side, b: Side) -> Comparison:
    """Compares two configs, without regard to the order of their keys."""
    choices = differences(a.choices, b.choices) if a.choices and b.choices else ()
    return Comparison(list(differences(a.values, b.values)), list(choices))


def of_overrides(
    overrides: Sequence[str],
    config_name: str = "config",
    config_dirs: Sequence[Path] = (),
    resolve: bool = False,
    check: bool = True,
) -> Side:
    """The config that a run with these overrides would get.

    Args:
        overrides: In Hydra's grammar, applied in order.
        config_name: The primary config.
        config_dirs: The user's folders, searched before the shipped configs.
        resolve: Whether interpolations are filled in.
        check: Whether one that cannot be trained, though it has all groups for it, is refused; else it is as it is.

    Raises:
        ConfigError: It cannot be composed, is refused, or holds a secret.
    """
    composed = compose(overrides, config_name, config_dirs)
    config = composed.config
    refuse_secrets(config)
    if trainable(config):
        try:
            config = validate(config, overrides=overrides)
        except ConfigError:
            if check:
                raise
    return Side(_plain(config, resolve), _choices(composed.whole))


def of_file(file: Path, resolve: bool = False) -> Side:
    """The config in a YAML file as it stands: nothing is composed or checked.

    Raises:
        ConfigError: It cannot be read, or holds a secret.
    """
    config = _load(file)
    refuse_secrets(config)
    return Side(_plain(config, resolve))


def of_hydra_folder(folder: Path, resolve: bool = False) -> Side:
    """The config that Hydra composed for the run in a folder.

    Raises:
        ConfigError: It cannot be read, or holds a secret.
    """
    recorded = folder / HYDRA / "hydra.yaml"
    choices = _choices(_load(recorded)) if recorded.is_file() else {}
    return Side(of_file(folder / HYDRA / "config.yaml", resolve).values, choices)


def _load(file: Path) -> DictConfig:
    config = load(file)
    if not isinstance(config, DictConfig):
        raise ConfigError(f"{file} is no config: it holds no mapping.", "Give a file with KEY: VALUE lines.")
    return config


def _plain(config: DictConfig, resolve: bool) -> dict[str, Any]:
    with explained():
        plain: Any = OmegaConf.to_container(config, resolve=resolve)
    return dict(plain)


def _choices(whole: DictConfig) -> dict[str, str | None]:
    """The option of each of the config's groups; those of Hydra itself say how a run is started, not what it is."""
    choices: Any = OmegaConf.select(whole, CHOICES)
    return {group: choices[group] for group in choices or () if not group.startswith("hydra/")}


def differences(a: Any, b: Any, place: tuple[Any, ...] = ()) -> Iterator[Difference]:
    """Compares two plain containers, types included: 1, 1.0 and "1" are three values.

    Args:
        a: A mapping, a list, a value, or `ABSENT`.
        b: The same of the other config.
        place: The keys that led there.

    Yields:
        A difference for each leaf of the mappings, in the order of `a`, then what only `b` has. A list is a leaf, as it
        is for overrides; so is an empty mapping that the other config lacks.
    """
    sides = [side for side in (a, b) if side is not ABSENT]
    if all(isinstance(side, dict) for side in sides) and (len(sides) == 2 or sides[0]):
        ours, theirs = _by_key(a), _by_key(b)
        for key in ours | theirs:
            yield from differences(ours.get(key, ABSENT), theirs.get(key, ABSENT), (*place, key[1]))
    elif not _same(a, b):
        yield Difference(place, a, b)


def _by_key(side: Any) -> dict[tuple[type, Any], Any]:
    """A mapping's values by the type of the key and the key: 1 and True are one key to Python, and two to YAML."""
    return {} if side is ABSENT else {(type(key), key): value for key, value in side.items()}


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return not any(differences(a, b))
    return bool(a == b) or (a != a and b != b)  # not a number is the same as itself here


class Dumper(yaml.Dumper):
    """Quotes the texts that OmegaConf.to_yaml quotes: those that a YAML reader may take for something else."""


def _as_scalar(dumper: yaml.Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _is_ambiguous(text) else None)


def _is_ambiguous(text: str) -> bool:
    """Whether it is a number to Python, or a truth value to YAML 1.1 that PyYAML takes for a text."""
    try:
        float(text)
    except ValueError:
        return text in ("y", "Y", "n", "N")
    return True


Dumper.add_representer(str, _as_scalar)


def in_one_line(value: Any) -> str:
    """A value as YAML has it, in one line, which tells 1 from "1"."""
    text: str = yaml.dump(value, Dumper=Dumper, default_flow_style=True, width=sys.maxsize, allow_unicode=True)
    text = text.removesuffix("\n").removesuffix("\n...")
    return text if len(text.splitlines()) < 2 else json.dumps(value, ensure_ascii=False, default=str)
