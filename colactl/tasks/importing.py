"""The heavy libraries, imported early or without garbage collection."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from omegaconf import DictConfig

from colactl.training.network.targets import check


@contextmanager
def uncollected() -> Iterator[None]:
    """Imports without garbage collection, and keeps what they made out of later collections.

    Nearly all of these objects stay alive: to look through them took 1.0 of the 5.5 s of the imports, and half of the
    time of tokenizing CoLA. It gains nothing once Lightning is loaded.
    """
    was_enabled, first = gc.isenabled(), "pytorch_lightning" not in sys.modules
    gc.disable()
    try:
        yield
    finally:
        if first:
            gc.freeze()
        if was_enabled:
            gc.enable()


def check_classes(config: DictConfig) -> None:
    """Checks each class that a config names in a `_target_`, before anything is called; see `targets.check`.

    Raises:
        ConfigError: It is not what its group is for, or cannot be imported.
    """
    with uncollected():
        check(config)


def prepare(config: DictConfig) -> None:
    """Does once what many similar runs would each do again, in a process whose forks will train.

    A generated corpus is made and tokenized, and the model's and W&B's code is loaded.

    Args:
        config: Resolved.
    """
    from colactl.training.data.corpus import load_splits
    from colactl.training.data.module import tokenize_ahead
    from colactl.training.network.model import load_code
    from colactl.training.records.tracking import preload_wandb

    load_code(config.model)
    with uncollected():
        if config.data.source == "minimal_pairs":
            tokenize_ahead(config.model, load_splits(config.data), config.processing.max_length)
        preload_wandb(config)


def preload() -> None:
    """Loads all libraries that a training needs, in a process whose forks will train."""
    with uncollected():
        import colactl.training.loop.fit  # noqa: F401 - for what it loads
    import torch

    torch.set_num_threads(1)  # once OpenMP has threads here, a fork that wants several of its own hangs
