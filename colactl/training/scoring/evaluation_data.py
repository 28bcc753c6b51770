"""The sentences that models are evaluated on: their runs' own, or those that the user names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf

from colactl.errors import ConfigError
from colactl.runs.run import Run
from colactl.shell import joined
from colactl.training.data.corpus import load_split, load_splits
from colactl.training.data.split import Split

# What the shipped options files and cola say; what a run has else must be typed.
COLUMNS = {"columns.sentence": "sentence", "columns.label": "label"}
FILES: dict[str, Any] = {"format": "auto", **COLUMNS, "columns.source": "source"}
SPLITS = {"train": "train", "validation": "validation", "test": "test"}
HUB: dict[str, Any] = {"revision": None, **SPLITS, **COLUMNS, "columns.source": None}
PLAIN = re.compile(r"[A-Za-z_/][\w./-]*", re.ASCII)  # a text that Hydra takes without quotes
KEYWORDS = ("null", "true", "false", "nan", "inf")
NO_SOURCES = "The data does not say where its sentences come from, so there is no table by source."


class Candidate(NamedTuple):
    """A model to evaluate, by the name that the user gave, and its run, where that is what the name is of."""

    model: str
    run: Run | None


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


def named_data(config: DictConfig, name: str) -> EvaluationData:
    """Loads the split that the user named.

    Args:
        config: The `data` group, resolved and checked.
        name: train, validation or test.

    Raises:
        ConfigError: There is no such split.
        DataError: It is not to be had or malformed.
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
        DataError: The data is no longer to be had.
    """
    models = [candidate.model for candidate in candidates]
    found = [_load(candidate.run, name) for candidate in candidates if candidate.run is not None]
    if not found:
        raise ConfigError(f"{models[0]} does not say what to evaluate it on.", _command(models, ["data=cola"], name))
    first, *others = found
    if any(other.split.fingerprint() != first.split.fingerprint() for other in others):
        raise ConfigError(
            f"{' and '.join(models)} have {name} splits that differ.", _command(models, overrides(first), name)
        )
    return replace(first, notes=tuple(dict.fromkeys(note for data in found for note in data.notes)))


def overrides(data: EvaluationData) -> list[str]:
    """What to type for the same data."""
    config = data.config
    if config.source == "minimal_pairs":
        return ["data=default", f"data.seed={config.seed}"]
    option, always, usual = (
        ("cola", ("path", "name"), HUB) if config.source == "hub" else ("files", (data.name,), FILES)
    )
    found = {key: OmegaConf.select(config, key, default=usual.get(key)) for key in (*always, *usual)}
    unusual = {key: value for key, value in found.items() if key in always or value != usual[key]}
    return [f"data={option}", *(f"data.{key}={_typed(value)}" for key, value in unusual.items())]


def _typed(value: Any) -> str:
    """A value in Hydra's grammar."""
    if isinstance(value, str):
        plain = PLAIN.fullmatch(value) and value.lower() not in KEYWORDS
        return value if plain else "'{}'".format(value.replace("'", "\\'"))
    if isinstance(value, Sequence):
        return f"[{','.join(map(_typed, value))}]"
    return "null" if value is None else str(value)


def _load(run: Run, name: str) -> EvaluationData:
    config = run.config
    splits = load_splits(config.data)
    split = getattr(splits, name, None) or load_split(config.data, name)  # training leaves the Hub's test split alone
    notes = (*_source_notes(split), *_run_notes(run, config, splits.fingerprint(), name))
    return EvaluationData(split, name, config.data, True, notes)


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


def _command(models: list[str], settings: list[str], split: str) -> str:
    words = ["colactl", "evaluate", *models, *(word for text in settings for word in ("--set", text))]
    return f"Type: {joined(words + ([] if split == 'validation' else ['--split', split]))}"
