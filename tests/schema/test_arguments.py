"""The arguments of Lightning's Trainer and torch's optimizers, read without loading them, are those that they have."""

from __future__ import annotations

import inspect

import pytest
import pytorch_lightning as pl
import torch

from colactl.composition.compose import compose
from colactl.composition.validate import validate
from colactl.schema import arguments
from colactl.schema.arguments import optimizer_arguments, optimizers, trainer_arguments
from colactl.schema.declaration import keys
from colactl.schema.groups import Optimizer, Training
from colactl.schema.values import takes


def test_optimizers() -> None:
    classes = [each for each in vars(torch.optim).values() if inspect.isclass(each)]
    ours = {each.__name__ for each in classes if issubclass(each, torch.optim.Optimizer)} - {"Optimizer"}
    assert set(optimizers()) == ours


def test_where_lightning_keeps_its_trainer_elsewhere_any_argument_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = arguments._parsed
    monkeypatch.setattr(
        arguments, "_parsed", lambda package, file: None if package == "pytorch_lightning" else parsed(package, file)
    )
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
    for known, parameters in ((trainer_arguments(), of_trainer), (adamw, of_adamw)):
        for name, types in known.items():
            default = parameters[name].default
            assert takes(types, list(default) if isinstance(default, tuple) else default), name
    assert {name for name, types in trainer_arguments().items() if types is None} == {
        *("accelerator", "strategy", "precision", "deterministic", "plugins")  # of which all but the last are known
    }


def test_the_arguments_that_are_declared_are_some() -> None:
    def optional(schema: type) -> set[str]:
        return {name for name, key in keys(schema).items() if key.optional}

    assert optional(Training) <= set(trainer_arguments())
    assert optional(Optimizer) - {"momentum"} <= set(optimizer_arguments("torch.optim.AdamW"))
    assert "momentum" in optimizer_arguments("torch.optim.SGD")
