"""Every origin in configs drawn at random, against what the values themselves say."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import compose
from colactl.composition.origins.places import leaves
from colactl.composition.origins.state import Leaf, Origin, Replaced
from colactl.composition.origins.trace import trace
from colactl.errors import ConfigError
from colactl.schema.key_path import Place, dotted
from tests.random_configs import Configs, mark

ABSENT = object()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=1, deadline=None)
def test_every_origin_of_a_random_config(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_every_origin_of_many_random_configs(seed: int) -> None:
    check(seed)


def check(seed: int) -> None:
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as root:
        made = None
        while made is None:  # a group may be chosen twice with different options, say
            configs = Configs([Path(tempfile.mkdtemp(dir=root)), Path(tempfile.mkdtemp(dir=root))], draw)
            configs.write()
            made = _composed(configs, [])
        _check_origins(configs, *_overridden(configs, made))


def _composed(configs: Configs, overrides: list[str]) -> DictConfig | None:
    """The config; None if Hydra does not take it, or takes a file twice and so may mix things up."""
    try:
        made = compose(overrides, "main", configs.folders)
    except ConfigError:
        return None
    files = [f"{group.partition('@')[0]}/{option}" for group, option in made.hydra.runtime.choices.items() if option]
    return made.config if len(files) == len(set(files)) else None


def _overridden(configs: Configs, config: DictConfig) -> tuple[list[str], dict[str, DictConfig], DictConfig]:
    """Overrides that Hydra takes, with the config before each one of a key, and the config in the end."""
    draw = configs.draw
    every: list[str] = []
    before: dict[str, DictConfig] = {}
    for choice in draw.sample(["g=q", "+h@new=q", "~h", "exp=e"], draw.randint(0, 2)):
        if made := _composed(configs, [*every, choice]):
            every, config = [*every, choice], made
    for _ in range(draw.randint(0, 3)):
        text = _override(configs, dotted(draw.choice(list(leaves(config))[:6])))  # few, so that some are set again
        if made := _composed(configs, [*every, text]):
            every, before[text], config = [*every, text], config, made
    return every, before, config


def _override(configs: Configs, key: str) -> str:
    parent = key.rpartition(".")[0] or key
    forms = [(key, "{}"), (f"++{key}", "{}"), (f"+{key}_new", "{}"), (f"++{key}.x.y", "{}"), (key, "[{}]")]
    forms += [(f"+{key}_new", "{{a: {}}}"), (f"++{parent}", "{{a: {}}}")]
    return configs.draw.choice([f"~{key}", *(configs.override(*form) for form in forms)])


def _check_origins(configs: Configs, every: list[str], before: dict[str, DictConfig], config: DictConfig) -> None:
    traced = trace(config, every, "main", configs.folders).leaves
    assert {place: leaf.value for place, leaf in traced.items()} == leaves(config)
    for place, leaf in traced.items():
        number = mark(leaf.value)
        if number is None:  # what is left of a mapping when an override has deleted all that was in it
            assert leaf.origin.kind == "override"
            continue
        assert _said(leaf.origin) == configs.written[number]
        if leaf.replaced and (number := mark(leaf.replaced.value)) is not None:
            assert _said(leaf.replaced.origin) == configs.written[number]
        if leaf.origin.kind == "override":
            _check_replaced(leaf.replaced, before[str(leaf.origin.override)], place)
    _check_a_line(configs, every, traced)


def _said(origin: Origin) -> tuple[Path | None, int | None] | str | None:
    return origin.override if origin.kind == "override" else (origin.file, origin.line)


def _check_replaced(replaced: Replaced | None, before: DictConfig, place: Place) -> None:
    """What an override replaced is what the config has without it, there or where the place came into being."""
    plain: Any = OmegaConf.to_container(before)
    for key in place:
        if not isinstance(plain, dict):  # a value that gave way to a mapping
            break
        plain = plain.get(key, ABSENT)
    nothing = plain is ABSENT or plain == {}
    assert (ABSENT if replaced is None else replaced.value) == (ABSENT if nothing else plain)


def _check_a_line(configs: Configs, every: list[str], traced: dict[Place, Leaf]) -> None:
    """What a file's line replaced is what the config has when the line says ???, which sets nothing."""
    places = [place for place, leaf in traced.items() if leaf.origin.kind == "file" and isinstance(leaf.value, int)]
    if not places:
        return
    place = configs.draw.choice(places)
    leaf = traced[place]
    file, text = leaf.origin.file, str(leaf.value)
    assert file is not None
    file.write_text(file.read_text().replace(text, '"???"'))
    made: Any = OmegaConf.to_container(compose(every, "main", configs.folders).config)
    for key in place:
        made = made[key]
    if made == "???":
        assert leaf.replaced is None or not isinstance(leaf.replaced.value, dict)  # a value above it gave way, if any
    elif leaf.replaced is None or leaf.replaced.value != leaf.value:  # a file that is there twice replaces itself
        assert leaf.replaced is not None
        assert leaf.replaced.value == made
