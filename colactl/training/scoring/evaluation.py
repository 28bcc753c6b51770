"""Models evaluated on a split: its sentences, each model's figures, and how two models differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf

from colactl.errors import ConfigError
from colactl.runs.run import Run
from colactl.runs.source import find_model
from colactl.shell import joined
from colactl.training.data.corpus import load_split, load_splits
from colactl.training.data.split import Split
from colactl.training.scoring.statistics import LEVEL, RESAMPLES, Comparison, ModelFigures, compare, figures_of

# What the shipped options files and cola say; what a run has else must be typed.
COLUMNS = {"columns.sentence": "sentence", "columns.label": "label"}
FILES: dict[str, Any] = {"format": "auto", **COLUMNS, "columns.source": "source"}
SPLITS = {"train": "train", "validation": "validation", "test": "test"}
HUB: dict[str, Any] = {"revision": None, **SPLITS, **COLUMNS, "columns.source": None}
PLAIN = re.compile(r"[A-Za-z_/][\w./-]*", re.ASCII)  # a text that Hydra takes without quotes
KEYWORDS = ("null", "true", "false", "nan", "inf")
NO_SOURCES = "The data does not say where its sentences come from, so there is no table by source."


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

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


class Candidate(NamedTuple):
    """A model to evaluate, by the name that the user gave, and its run, where that is what the name is of."""

    model: str
    run: Run | None

    @property
    def precision(self) -> str:
        """Lightning's name of what the run was trained in; float32 of a model without a run."""
        return "32-true" if self.run is None else str(self.run.config.training.precision)


@dataclass(frozen=True)
class EvaluationData:
    """One split and where it comes from.

    Attributes:
        split: The sentences.
        name: train, validation or test.
        config: The `data` group that names them, resolved.
        own: Whether it is the data of the run that is evaluated.
        notes: What a reader of the figures should know, a sentence each.
    """

    split: Split
    name: str
    config: DictConfig
    own: bool
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """What `Evaluation.data` says of it."""
        return {
            "config": OmegaConf.to_container(self.config),
            "split": self.name,
            "own": self.own,
            "sentences": len(self.split),
            "fingerprint": self.split.fingerprint(),
        }


def evaluate(models: Sequence[str], config: DictConfig | None = None, split: str = "validation") -> Evaluation:
    """Scores a split with one model or two, and measures.

    Args:
        models: One or two; each a run's folder, an exported model's folder, or a name on the Hub.
        config: The `data` group, resolved and checked; None takes what the runs were trained with.
        split: The one to measure on: train, validation or test.

    Raises:
        ConfigError: Without `config`, no model is a run or two runs have different splits; or there is no such split.
        DataError: The data is not available.
        ModelError: A model is not available, or is no classifier with two labels.
    """
    candidates = [Candidate(model, find_model(model).run) for model in models]
    data = own_data(candidates, split) if config is None else named_data(config, split)
    scores = [_probabilities(candidate, data.split.sentences) for candidate in candidates]
    figures = tuple(figures_of(model, data.split, own) for model, own in zip(models, scores, strict=True))
    return Evaluation(
        data=data.as_json(),
        models=figures,
        comparison=compare(data.split, *scores) if len(scores) > 1 else None,
        notes=(*data.notes, *_precision_notes(candidates), *_degenerate_notes(figures, data)),
    )


def named_data(config: DictConfig, name: str) -> EvaluationData:
    """Loads the split that the user named.

    Args:
        config: The `data` group, resolved and checked.
        name: train, validation or test.

    Raises:
        ConfigError: There is no such split.
        DataError: It is not available, or malformed.
    """
    split = load_split(config, name)
    return EvaluationData(split, name, config, False, tuple(_source_notes(split)))


def own_data(candidates: Sequence[Candidate], name: str) -> EvaluationData:
    """Loads the split of the runs' own data, which must be the same for all that have some.

    Args:
        candidates: One or two.
        name: train, validation or test.

    Raises:
        ConfigError: None of them is a run, their splits differ, or there is no such split.
        DataError: The data is no longer available.
    """
    models = [candidate.model for candidate in candidates]
    loaded = [_data_of_run(candidate.run, name) for candidate in candidates if candidate.run is not None]
    if not loaded:
        raise ConfigError(f"{models[0]} does not say what to evaluate it on.", _command(models, ["data=cola"], name))
    first, *others = loaded
    if any(other.split.fingerprint() != first.split.fingerprint() for other in others):
        raise ConfigError(
            f"{' and '.join(models)} have {name} splits that differ.", _command(models, overrides(first), name)
        )
    return replace(first, notes=tuple(dict.fromkeys(note for data in loaded for note in data.notes)))


def overrides(data: EvaluationData) -> list[str]:
    """What to type for the same data."""
    config = data.config
    if config.source == "minimal_pairs":
        return ["data=default", f"data.seed={config.seed}"]
    option, always, usual = (
        ("cola", ("path", "name"), HUB) if config.source == "hub" else ("files", (data.name,), FILES)
    )
    values = {key: OmegaConf.select(config, key, default=usual.get(key)) for key in (*always, *usual)}
    unusual = {key: value for key, value in values.items() if key in always or value != usual[key]}
    return [f"data={option}", *(f"data.{key}={_typed(value)}" for key, value in unusual.items())]


def _typed(value: Any) -> str:
    """A value in Hydra's grammar."""
    if isinstance(value, str):
        plain = PLAIN.fullmatch(value) and value.lower() not in KEYWORDS
        return value if plain else "'{}'".format(value.replace("'", "\\'"))
    if isinstance(value, Sequence):
        return f"[{','.join(map(_typed, value))}]"
    return "null" if value is None else str(value)


def _command(models: list[str], settings: list[str], split: str) -> str:
    words = ["colactl", "evaluate", *models, *(word for text in settings for word in ("--set", text))]
    return f"Type: {joined(words + ([] if split == 'validation' else ['--split', split]))}"


def _data_of_run(run: Run, name: str) -> EvaluationData:
    config = run.config
    splits = load_splits(config.data)
    split = getattr(splits, name, None) or load_split(config.data, name)  # training leaves the Hub's test split alone
    notes = (*_source_notes(split), *_run_notes(run, config, splits.fingerprint(), name))
    return EvaluationData(split, name, config.data, True, notes)


def _probabilities(candidate: Candidate, sentences: list[str]) -> NDArray[Any]:
    """In the run's own batches and precision, for the run's own figures; any other model's in full precision."""
    from colactl.training.scoring.scorer import BATCH_SIZE, load_scorer  # wrong data is an error before these imports

    batch_size = BATCH_SIZE if candidate.run is None else candidate.run.config.processing.batch_size
    return load_scorer(candidate.model, batch_size, candidate.precision).probabilities(sentences)


def _source_notes(split: Split) -> list[str]:
    return [] if any(split.sources) else [NO_SOURCES]


def _run_notes(run: Run, config: DictConfig, fingerprint: str, name: str) -> Iterator[str]:
    """Why the figures may not be those of the run's result."""
    recorded = (run.provenance or {}).get("data_fingerprint")
    if recorded not in (None, fingerprint):
        yield f"The data has changed since {run.folder} was trained on it."
    limit = config.training.get("limit_val_batches")
    if name == "validation" and limit is not None and not (isinstance(limit, float) and limit == 1.0):
        yield f"{run.folder} was validated on a part of the split: training.limit_val_batches was {limit}."


def _precision_notes(candidates: Sequence[Candidate]) -> list[str]:
    """Where a run's figures may not be those of its result, because it is scored in another precision."""
    from colactl.training.scoring.scorer import MIXED

    return [
        f"{candidate.model} was trained in {candidate.precision}; it was scored in float32 instead."
        for candidate in candidates
        if candidate.precision not in (*MIXED, "32-true", "32")
    ]


def _degenerate_notes(models: tuple[ModelFigures, ...], data: EvaluationData) -> list[str]:
    """Where an MCC of 0 is no measurement but a convention."""
    if len(set(data.split.labels)) == 1:
        return ["All sentences have the same label: the MCC is 0 by convention, and has no interval."]
    return [
        f"{figures.model} gives every sentence the same answer: its MCC is 0 by convention, and has no interval."
        for figures in models
        if figures.degenerate
    ]
