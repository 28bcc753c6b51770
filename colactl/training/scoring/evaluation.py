"""Models evaluated on a split: each one's figures, and how two of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf

from colactl.runs.source import find_model
from colactl.training.scoring.evaluation_data import Candidate, EvaluationData, named_data, own_data
from colactl.training.scoring.figures import Comparison, ModelFigures, compare, figures_of
from colactl.training.scoring.statistics import LEVEL, RESAMPLES


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        data: What it was done on: `config`, the resolved data group; `split`, train, validation or test; `own`, whether
            it is the data of the run itself; `sentences`, their number; and `fingerprint`, see `Split.fingerprint`.
        models: The figures of each model, one or two.
        comparison: The second against the first; None where there is one.
        notes: What a reader of the figures should know, a sentence each.
    """

    data: dict[str, Any]
    models: tuple[ModelFigures, ...]
    comparison: Comparison | None
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As plain containers, with how the intervals were made."""
        return asdict(self) | {"bootstrap": {"level": LEVEL, "resamples": RESAMPLES}}


def evaluate(models: Sequence[str], config: DictConfig | None = None, split: str = "validation") -> Evaluation:
    """Scores a split with one model or two, and measures.

    Args:
        models: One or two; each a run's folder, an exported model's folder, or a name on the Hub.
        config: The `data` group, resolved and checked; None takes what the runs were trained with.
        split: The one to measure on: train, validation or test.

    Raises:
        ConfigError: Without `config`, no model is a run or two runs have different splits; or there is no such split.
        DataError: The data is not to be had.
        ModelError: A model is not to be had or is no classifier with two labels.
    """
    candidates = [Candidate(model, find_model(model).run) for model in models]
    data = own_data(candidates, split) if config is None else named_data(config, split)
    scores = [_probabilities(candidate, data.split.sentences) for candidate in candidates]
    found = tuple(figures_of(model, data.split, own) for model, own in zip(models, scores, strict=True))
    return Evaluation(
        data=_described(data),
        models=found,
        comparison=compare(data.split, *scores) if len(scores) > 1 else None,
        notes=(*data.notes, *_precisions(candidates), *_degenerate(found, data)),
    )


def _probabilities(candidate: Candidate, sentences: list[str]) -> NDArray[Any]:
    """In the run's own batches and precision, for the run's own figures; any other model's in full precision."""
    from colactl.training.scoring.scorer import BATCH_SIZE, load_scorer  # bad data is told without seconds of imports

    batch_size = BATCH_SIZE
    if candidate.run is not None:
        batch_size = candidate.run.config.processing.batch_size
    return load_scorer(candidate.model, batch_size, _precision(candidate)).probabilities(sentences)


def _precision(candidate: Candidate) -> str:
    """Lightning's name of what the run was trained in; float32 of what is no run."""
    if candidate.run is None:
        return "32-true"
    return str(candidate.run.config.training.precision)


def _precisions(candidates: Sequence[Candidate]) -> list[str]:
    """Where a run's figures may not be those of its result, because it is scored in another precision."""
    from colactl.training.scoring.scorer import MIXED

    return [
        f"{candidate.model} was trained in {precision}; it was scored in float32 instead."
        for candidate in candidates
        if (precision := _precision(candidate)) not in (*MIXED, "32-true", "32")
    ]


def _described(data: EvaluationData) -> dict[str, Any]:
    return {
        "config": OmegaConf.to_container(data.config),
        "split": data.name,
        "own": data.own,
        "sentences": len(data.split),
        "fingerprint": data.split.fingerprint(),
    }


def _degenerate(models: tuple[ModelFigures, ...], data: EvaluationData) -> list[str]:
    """Where an MCC of 0 is no finding but a convention."""
    if len(set(data.split.labels)) == 1:
        return ["All sentences have the same label: the MCC is 0 by convention, and has no interval."]
    return [
        f"{found.model} gives every sentence the same answer: its MCC is 0 by convention, and has no interval."
        for found in models
        if found.degenerate
    ]
