"""What is declared of Lightning's names is what Lightning has, and each declaration agrees with itself."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args

import pytest
from lightning_fabric.plugins.precision.precision import _PRECISION_INPUT_STR, _PRECISION_INPUT_STR_ALIAS
from omegaconf import OmegaConf
from pytorch_lightning.accelerators import AcceleratorRegistry
from pytorch_lightning.strategies import DDPStrategy, StrategyRegistry
from pytorch_lightning.trainer import setup

from colactl.composition.compose import compose
from colactl.composition.validate import validate
from colactl.schema.declaration import MISSING, Key
from colactl.schema.groups import (
    ACCELERATORS,
    PRECISIONS,
    PROFILERS,
    SHORT_PRECISIONS,
    STRATEGIES,
    declarations,
    starts_afresh,
)
from colactl.schema.values import WRONG, convert

DECLARED = list(declarations())


def test_precisions() -> None:
    assert set(PRECISIONS) == {"auto", *get_args(_PRECISION_INPUT_STR)}
    assert set(SHORT_PRECISIONS) == set(get_args(_PRECISION_INPUT_STR_ALIAS))


def test_accelerators_and_strategies() -> None:
    assert set(ACCELERATORS) == {"auto", "gpu", *AcceleratorRegistry.available_accelerators()}
    assert set(STRATEGIES) == {"auto", *filter(starts_afresh, StrategyRegistry.available_strategies())}


def test_a_strategy_that_this_process_has_registered() -> None:
    StrategyRegistry.register("mine", DDPStrategy)
    try:
        validate(compose(["training.strategy=mine"]).config)
    finally:
        StrategyRegistry.remove("mine")


def test_profilers() -> None:
    assert set(PROFILERS) == set(re.findall(r'"(\w+)": \w+Profiler,', inspect.getsource(setup._init_profiler)))


@pytest.mark.parametrize(("path", "key"), DECLARED, ids=[path for path, _ in DECLARED])
def test_a_declaration_agrees_with_itself(path: str, key: Key) -> None:
    """Its default, its example and what a shell offers are allowed, and other words for a choice are no choice."""
    texts = [*key.choices, *key.usual, *key.switches.values(), *key.other_words.values(), key.sound or "null"]
    typed: Any = OmegaConf.to_container(OmegaConf.create(f"[{','.join(text for text in texts if text != 'null')}]"))
    for value in typed:
        assert convert(key.types, value) is not WRONG, value
        assert key.allows(value), value
    if key.default != MISSING and not key.nested:
        assert convert(key.types, key.default) == key.default
        assert key.allows(key.default)
    assert not any(key.allows(word) for word in key.other_words)
