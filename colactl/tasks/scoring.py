"""Evaluating trained models, and predicting with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from colactl.runs.source import find_model
from colactl.tasks.importing import uncollected
from colactl.training.scoring.predictions import Prediction, windows

if TYPE_CHECKING:
    from colactl.training.scoring.evaluation import Evaluation
    from colactl.training.scoring.scorer import Scorer
    from colactl.training.scoring.statistics import Comparison, Estimate, ModelFigures, PartFigures

    __all__ = ["Comparison", "Estimate", "Evaluation", "ModelFigures", "PartFigures", "evaluate", "predict"]


def evaluate(models: Sequence[str], data: DictConfig | None = None, split: str = "validation") -> Evaluation:
    """Measures one model, or two on the same sentences: see `training.evaluation.evaluate`."""
    for model in models:
        _fetch(model)
    with uncollected():
        from colactl.training.scoring.evaluation import evaluate as measured

    return measured(models, data, split)


def predict(source: str | Path, sentences: Iterable[str]) -> Iterator[list[Prediction]]:
    """Loads a model, and scores a stream of sentences with it.

    Args:
        source: A run's folder, a folder that `save_pretrained` wrote, or a name on the Hub.
        sentences: Any number; they are read a window at a time, the first one before torch is loaded.

    Returns:
        A window's predictions at a time, in the order of the sentences.

    Raises:
        ModelError: The model is not available, or is no classifier with two labels.
    """
    _fetch(source)  # a mistyped name, and a fault in the first window, are reported before seconds of imports
    waiting = windows(sentences)
    first = next(waiting, None)
    if first is None:
        return iter(())
    with uncollected():
        from colactl.training.scoring.scorer import load_scorer

    return _predictions(load_scorer(source), chain([first], waiting))


def _predictions(scorer: Scorer, waiting: Iterable[list[str]]) -> Iterator[list[Prediction]]:
    for window in waiting:
        probabilities = scorer.probabilities(window).tolist()
        yield [Prediction.of(*pair) for pair in zip(window, probabilities, strict=True)]


def _fetch(source: str | Path) -> None:
    """Makes sure that the model exists, and downloads one of the Hub."""
    model = find_model(source)
    if not Path(model.name).is_dir():
        from colactl.training.hub.availability import fetch_model

        fetch_model(model.name)
