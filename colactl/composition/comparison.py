"""Two configs, from overrides or from files, and what they have different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import compose
from colactl.composition.difference import Difference, differences, dotted
from colactl.composition.problems import explained
from colactl.composition.secrets import refuse_secrets
from colactl.composition.validate import trainable, validate
from colactl.errors import ConfigError
from colactl.schema.config_files import load

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
class Comparison:
    """What two configs have different.

    Attributes:
        values: Of the configs themselves; empty if these are equal.
        choices: Of the groups that they were composed of, where that is known of both. Equal configs may come from
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
    return Side(_plain(config, resolve), _chosen(composed.whole))


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
    choices = _chosen(_load(recorded)) if recorded.is_file() else {}
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


def _chosen(whole: DictConfig) -> dict[str, str | None]:
    """The option of each of the config's groups; those of Hydra itself say how a run is started, not what it is."""
    choices: Any = OmegaConf.select(whole, CHOICES)
    return {group: choices[group] for group in choices or () if not group.startswith("hydra/")}
