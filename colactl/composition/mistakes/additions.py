"""The names that overrides add at the top of a config: the user's own, or misspelt ones, which Hydra takes for such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from colactl.composition.hydra_port import Session
from colactl.composition.mistakes.known import Known
from colactl.composition.overrides import adds_a_name, name_at_the_top
from colactl.composition.problems import explained
from colactl.errors import ConfigError
from colactl.schema.faults import shown
from colactl.schema.groups import GROUPS
from colactl.schema.key_path import keys_of
from colactl.schema.names import taken_for


class Additions:
    """Judges them.

    Args:
        whole: The config without them.
        known: The groups there are.
        added: The names at the top that are there only because they are added, if any.
    """

    def __init__(self, whole: DictConfig, known: Known, added: Sequence[str] = ()) -> None:
        plain: Any = OmegaConf.to_container(whole)
        self._there = (frozenset(map(str, plain)) - frozenset(added)) | known.top
        self._keys = [key for key in keys_of({group: plain[group] for group in GROUPS if group in plain}) if "." in key]

    def near(self, key: str) -> str | None:
        """The key or group that was probably meant by one whose name at the top is not there."""
        own = [name for name in (*GROUPS, "seed") if name in self._there]  # the user's may be like one another
        return None if name_at_the_top(key) in self._there else taken_for(key, own, self._keys)


def refuse_misspelt(session: Session, config_name: str, overrides: Sequence[Override], whole: DictConfig) -> None:
    """Refuses a config in which a name at the top is a misspelt one: what was meant would have its default.

    Args:
        session: Hydra, initialised.
        config_name: The primary config.
        overrides: Those it was composed with.
        whole: The config.

    Raises:
        ConfigError: There is one.
    """
    known = Known(session, config_name)
    added = {str(each.key_or_group): str(each.input_line) for each in overrides if adds_a_name(each)}
    if not any(Additions(whole, known, [name_at_the_top(key)]).near(key) for key in added):
        return  # as nearly always: to compose once more takes as long as it took
    choices = [each for each in overrides if known.is_group(each.key_or_group) and not isinstance(each.value(), dict)]
    with explained():
        texts = [str(choice.input_line) for choice in choices]
        before = session.compose(config_name, texts, RunMode.MULTIRUN)
    for key, text in added.items():
        if Additions(before, known).near(key):
            raise ConfigError(f"{shown(text)}: there is no group or key {key}.")
