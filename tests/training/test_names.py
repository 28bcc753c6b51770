"""What is known of Lightning's names and types without loading it is what Lightning has."""

from __future__ import annotations

import inspect
import re
from typing import get_args

import pytest
import pytorch_lightning as pl
import torch
from colactl.choices import CHOICES, OTHER_WORDS, SHORT_PRECISIONS, USUAL
from colactl.composition.checks.ranges import FURTHER, PROFILERS, RANGES
from colactl.signatures import optimizer_arguments, optimizers, takes, trainer_arguments
from lightning_fabric.plugins.precision.precision import _PRECISION_INPUT_STR, _PRECISION_INPUT_STR_ALIAS
from pytorch_lightning.accelerators import AcceleratorRegistry
from pytorch_lightning.strategies import DDPStrategy, StrategyRegistry
from pytorch_lightning.trainer import setup

from colactl import signatures
from colactl.composition import compose, validate


def test_precisions() -> None:
    assert set(CHOICES["training.precision"]) == {"auto", *get_args(_PRECISION_INPUT_STR)}
    assert set(SHORT_PRECISIONS) == set(get_args(_PRECISION_INPUT_STR_ALIAS))


def test_other_words_for_a_choice_are_none_and_lead_to_one() -> None:
    for key, others in OTHER_WORDS.items():
        assert set(others.values()) <= set(CHOICES[key])
        assert not any(RANGES[key].test(word) for word in others)


def test_accelerators_and_strategies() -> None:
    assert set(USUAL["training.accelerator"]) == {"auto", "gpu", *AcceleratorRegistry.available_accelerators()}
    strategies = {name for name in StrategyRegistry.available_strategies() if RANGES["training.strategy"].test(name)}
    assert set(USUAL["training.strategy"]) == {"auto", *strategies}


def test_a_strategy_that_this_process_has_registered() -> None:
    StrategyRegistry.register("mine", DDPStrategy)
    try:
        validate(compose(["training.strategy=mine"]).config)
    finally:
        StrategyRegistry.remove("mine")


def test_optimizers() -> None:
    classes = [each for each in vars(torch.optim).values() if inspect.isclass(each)]
    ours = {each.__name__ for each in classes if issubclass(each, torch.optim.Optimizer)} - {"Optimizer"}
    assert set(optimizers()) == ours


def test_profilers() -> None:
    assert set(PROFILERS) == set(re.findall(r'"(\w+)": \w+Profiler,', inspect.getsource(setup._init_profiler)))


def test_where_lightning_keeps_its_trainer_elsewhere_any_argument_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "_parsed", lambda *_: None)
    trainer_arguments.cache_clear()
    try:
        assert trainer_arguments() is None
        validate(compose(["+training.min_epochs=1"]).config)
    finally:
        trainer_arguments.cache_clear()


def test_every_default_is_of_a_type_that_its_argument_takes() -> None:
    adamw = optimizer_arguments("torch.optim.AdamW")
    assert adamw is not None
    of_adamw = inspect.signature(torch.optim.AdamW).parameters
    of_trainer = inspect.signature(pl.Trainer).parameters
    for arguments, parameters in ((trainer_arguments(), of_trainer), (adamw, of_adamw)):
        for name, kinds in arguments.items():
            default = parameters[name].default
            assert takes(kinds, list(default) if isinstance(default, tuple) else default), name
    assert all(key.partition(".")[2] in of_trainer for key in FURTHER)
    assert {name for name, kinds in trainer_arguments().items() if kinds is None} == {
        *("accelerator", "strategy", "precision", "deterministic", "plugins")  # of which all but the last are known
    }
