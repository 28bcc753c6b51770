"""What a trained model is for: figures of how good it is, and judgements of sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from colactl.runs.source import Source, find_model
from colactl.training.predictions import Prediction, windows

if TYPE_CHECKING:
    from colactl.training.evaluation import Evaluation
    from colactl.training.scorer import Scorer


def evaluate(models: Sequence[str], data: DictConfig | None = None, split: str = "validation") -> Evaluation:
    """Measures one model, or two on the same sentences.

    Args:
        models: One or two; each a run's folder, an exported model's folder, or a name on the Hub.
        data: The `data` group, resolved and checked; None takes what the runs were trained with.
        split: The one to measure on: train, validation or test.

    Raises:
        ConfigError: Without `data`, no model is a run or two runs have different splits; or there is no such split.
        DataError: The data is not to be had.
        ModelError: A model is not to be had or is no classifier with two labels.
    """
    runs = [_found(model).run for model in models]

    from colactl.training.evaluation_data import Candidate, named_data, own_data

    candidates = [Candidate(model, run) for model, run in zip(models, runs, strict=True)]
    sentences = own_data(candidates, split) if data is None else named_data(data, split)

    from colactl.training.evaluation import evaluate as measured  # after the data, which is told sooner when it is bad

    return measured(candidates, sentences)


def predict(source: str | Path, sentences: Iterable[str]) -> Iterator[list[Prediction]]:
    """Loads a model, and scores a stream of sentences with it.

    Args:
        source: A run's folder, a folder that `save_pretrained` wrote, or a name on the Hub.
        sentences: Any number; they are read a window at a time, the first one before torch is loaded.

    Returns:
        A window's predictions at a time, in the order of the sentences.

    Raises:
        ModelError: The model is not to be had, or is no classifier with two labels.
    """
    _found(source)  # a mistyped name is told without seconds of imports, and so is a fault in the first window
    waiting = windows(sentences)
    first = next(waiting, None)
    if first is None:
        return iter(())
    from colactl.training.scorer import load_scorer

    return _predictions(load_scorer(source), chain([first], waiting))


def _predictions(scorer: Scorer, waiting: Iterable[list[str]]) -> Iterator[list[Prediction]]:
    for window in waiting:
        probabilities = scorer.probabilities(window).tolist()
        yield [Prediction.of(*pair) for pair in zip(window, probabilities, strict=True)]


def _found(source: str | Path) -> Source:
    """Where a model is; one of the Hub is then in the cache."""
    found = find_model(source)
    if not Path(found.name).is_dir():
        from colactl.training.availability import fetch_model

        fetch_model(found.name)
    return found
