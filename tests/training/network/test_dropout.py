from __future__ import annotations

import pytest
import torch

from colactl.training.network.dropout import CheapDropout, cheap_dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_drops_at_its_rate_and_keeps_the_mean(dtype: torch.dtype) -> None:
    dropout, ones = CheapDropout(0.1), torch.ones(1001, 999, dtype=dtype, requires_grad=True)
    torch.manual_seed(0)
    out = dropout(ones)
    assert (out.dtype, out.shape) == (dtype, ones.shape)
    dropped = out == 0
    # 1,000,000 draws at 0.1: six standard deviations are 0.0018. The same for neighbours, which share a random number.
    assert abs(dropped.float().mean().item() - 0.1) < 0.0018
    assert abs((dropped[:, 1:] & dropped[:, :-1]).float().mean().item() - 0.01) < 0.0006
    assert out[~dropped].float().unique().tolist() == pytest.approx(
        [1 / 0.9], rel=1e-5 if dtype.itemsize == 4 else 4e-3
    )
    out.sum().backward()
    assert torch.equal(ones.grad, out)
    torch.manual_seed(0)
    assert torch.equal(dropout(ones), out)
    assert not torch.equal(dropout(ones), out)
    assert dropout.eval()(ones) is ones


@pytest.mark.parametrize("p", [0.0, 1e-38, 1.0])
def test_dropout_of_nothing_and_of_everything(p: float) -> None:
    assert CheapDropout(p)(torch.ones(3)).tolist() == [1 - p] * 3


def test_a_torch_function_mode_sees_it() -> None:
    seen = []

    class Watching(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    ones = torch.ones(3)
    with Watching():
        CheapDropout(0.5)(ones)
    assert seen.count(cheap_dropout) == 1
