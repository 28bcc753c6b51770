"""The corpus that a config names, whatever its source, as splits in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from omegaconf import DictConfig, ListConfig

from colactl import minimal_pairs
from colactl.errors import ConfigError
from colactl.training.data.files import Columns, read_split
from colactl.training.data.split import Split


@dataclass(frozen=True)
class Splits:
    """What a run trains and validates on.

    Args:
        train: What the weights are fitted to.
        validation: What every figure of a run is measured on.
        test: Held out from both; None where the corpus has none or hides its labels.
    """

    train: Split
    validation: Split
    test: Split | None = None

    def fingerprint(self) -> str:
        """The sha256, in hex, of the splits' own fingerprints; it changes with any sentence, label or order."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        lines = [f"{name} {split.fingerprint()}\n" for name, split in splits.items() if split is not None]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def load_splits(data: DictConfig) -> Splits:
    """Loads the corpus.

    Args:
        data: The config's `data` group, resolved.

    Returns:
        The splits; labels are 0 and 1.

    Raises:
        ConfigError: `data.source` is none of those there are.
        DataError: The corpus is not to be had or malformed.
    """
    # The Hub's test split stays where it is: training has no use for it, and GLUE's carries no labels.
    test = None if data.source == "hub" else _read(data, "test")
    return Splits(load_split(data, "train"), load_split(data, "validation"), test)


def load_split(data: DictConfig, name: str) -> Split:
    """Loads one split; of files and of the Hub, no other one is read.

    Args:
        data: The config's `data` group, resolved.
        name: train, validation or test.

    Raises:
        ConfigError: `data.source` is none of those there are, or the corpus has no such split.
        DataError: The split is not to be had or malformed.
    """
    split = _read(data, name)
    if split is None:
        raise ConfigError(f"The data has no {name} split.", "See what it has with: colactl show-config --package data")
    return split


def _read(data: DictConfig, name: str) -> Split | None:
    reader = SOURCES.get(data.source)
    if reader is None:
        raise ConfigError(f"data.source: there is no source {data.source!r}", f"The sources are {', '.join(SOURCES)}.")
    return reader(data, name)


def _from_minimal_pairs(data: DictConfig, name: str) -> Split | None:
    examples = getattr(_generated(data.seed), name, None)
    if examples is None:  # there is no test split
        return None
    return Split(*(list(column) for column in zip(*examples, strict=True)))


@lru_cache(maxsize=1)
def _generated(seed: int) -> minimal_pairs.Corpus:
    """Kept, as both splits come of one generation."""
    return minimal_pairs.generate(seed)


def _from_files(data: DictConfig, name: str) -> Split | None:
    paths: str | ListConfig | None = data.get(name)
    if paths is None:
        return None
    files = [Path(path).expanduser() for path in ([paths] if isinstance(paths, str) else paths)]
    return read_split(files, Columns(**data.columns), data.get("format", "auto"))


def _from_hub(data: DictConfig, name: str) -> Split | None:
    from colactl.training.hub.corpus import (
        read_hub_split,  # `datasets` takes 0.8 s to import, and only this source needs it
    )

    return read_hub_split(data, data[name]) if data.get(name) else None


SOURCES: dict[str, Callable[[DictConfig, str], Split | None]] = {
    "minimal_pairs": _from_minimal_pairs,
    "files": _from_files,
    "hub": _from_hub,
}
