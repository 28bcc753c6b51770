"""colactl trains and sweeps classifiers of linguistic acceptability.

In a notebook:

    from colactl import compose, predict, train

    run = train(compose(["model=default", "training.max_epochs=3"]))
    run.result["mcc"]
    predict(run, ["The cats sleep.", "The cats sleeps."])

Importing this package loads neither Hydra nor torch; the first call does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.1"

if TYPE_CHECKING:
    from colactl.api import compose, evaluate, predict, sweep, train

__all__ = ["__version__", "compose", "evaluate", "predict", "sweep", "train"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from colactl import api

        return getattr(api, name)
    raise AttributeError(f"module 'colactl' has no attribute {name!r}")
