"""The optimizer that a config asks for."""

from __future__ import annotations

import pytest
import torch

from colactl import compose
from colactl.training.network.optimizer import build_optimizer


@pytest.mark.parametrize("target", ["AdamW", "Adam", "NAdam"])
def test_a_beta_may_be_an_integer(target: str) -> None:
    overrides = [f"optimizer._target_=torch.optim.{target}", "optimizer.lr=0.1", "optimizer.betas=[0,0.999]"]
    optimizer = build_optimizer(compose(overrides).optimizer, torch.nn.Linear(2, 1))
    assert list(optimizer.defaults["betas"]) == [0.0, 0.999]
