from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from colactl.training.data.corpus import load_splits
from colactl.training.data.split import Split, Splits
from colactl.training.devices.settings import settle

CONFIGS = Path(__file__).parents[2] / "configs"
GROUPS = {
    "model": "default",
    "data": "default",
    "processing": "default",
    "training": "default",
    "optimizer": "adamw",
    "logger": "csv",
    "callbacks": "default",
}


def _config(**overrides: Any) -> DictConfig:
    """The shipped defaults, cut down to two small batches; overrides are dotted keys with `__` for dots."""
    config = OmegaConf.create({"seed": 0})
    for group, option in GROUPS.items():
        config[group] = OmegaConf.load(CONFIGS / group / f"{option}.yaml")
    config.merge_with({"training": {"max_epochs": 1, "log_every_n_steps": 1}, "processing": {"batch_size": 32}})
    for key, value in overrides.items():
        OmegaConf.update(config, key.replace("__", "."), value, force_add=True)
    return settle(config)


@pytest.fixture
def tiny_config() -> Callable[..., DictConfig]:
    return _config


@pytest.fixture(scope="session")
def tiny_splits() -> Splits:
    splits = load_splits(OmegaConf.create({"source": "minimal_pairs", "seed": 0}))
    return Splits(_head(splits.train, 256), _head(splits.validation, 64))


def _head(split: Split, size: int) -> Split:
    return Split(split.sentences[:size], split.labels[:size], split.sources[:size])
