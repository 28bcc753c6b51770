"""The optimizer that a config names, and the learning rate's course."""

from __future__ import annotations

import inspect
from typing import Any

from omegaconf import DictConfig, OmegaConf
from torch.nn import Module, Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from colactl.training.network.targets import locate, make

OURS = ("_target_", "warmup_ratio")  # keys that are not the optimizer's


def build_optimizer(settings: DictConfig, network: Module) -> Optimizer:
    """Makes the optimizer.

    Args:
        settings: The config's `optimizer` group, settled.
        network: What it trains.

    Returns:
        The optimizer, with no weight decay on biases and norms.

    Raises:
        ConfigError: The class is not there, is no optimizer, or refuses an argument.
    """
    options: dict[str, Any] = OmegaConf.to_container(settings, resolve=True)  # type: ignore[assignment]
    target = settings["_target_"]
    options = {key: value for key, value in options.items() if key not in OURS}
    if "fused" not in inspect.signature(locate(target, "optimizer._target_")).parameters:
        options.pop("fused", None)  # so that naming another class is enough to change it
    if isinstance(betas := options.get("betas"), list):  # torch takes floats there, and a config may say 0
        options["betas"] = [float(beta) if isinstance(beta, int) else beta for beta in betas]
    optimizer: Optimizer = make(target, "optimizer", parameter_groups(network), options=options)
    return optimizer


def parameter_groups(network: Module) -> list[dict[str, Any]]:
    """Two groups: what is decayed, and biases and norm weights, which are all that have one dimension and are not."""
    trained: list[Parameter] = [parameter for parameter in network.parameters() if parameter.requires_grad]
    decayed = {"params": [parameter for parameter in trained if parameter.ndim > 1]}
    kept = {"params": [parameter for parameter in trained if parameter.ndim <= 1], "weight_decay": 0.0}
    return [group for group in (decayed, kept) if group["params"]]


def linear_schedule(optimizer: Optimizer, warmup_ratio: float, steps: int) -> LambdaLR:
    """A learning rate that rises linearly from 0, then falls linearly to 0 (Devlin et al. 2019, appendix A.2).

    Args:
        optimizer: Holds the peak rate.
        warmup_ratio: The share of steps over which it rises, from 0 to 1.
        steps: Optimizer steps in all.
    """
    warmup = round(warmup_ratio * steps)

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)  # a step at rate 0 would be wasted
        return max(0.0, (steps - step) / max(1, steps - warmup))

    return LambdaLR(optimizer, factor)
