"""The corpus that a config names, whatever its source, as splits in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig

from colactl import minimal_pairs
from colactl.errors import ConfigError
from colactl.training.files import Columns, read_split
from colactl.training.split import Split


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
    loader = SOURCES.get(data.source)
    if loader is None:
        raise ConfigError(f"data.source: there is no source {data.source!r}", f"The sources are {', '.join(SOURCES)}.")
    return loader(data)


def _from_minimal_pairs(data: DictConfig) -> Splits:
    corpus = minimal_pairs.generate(data.seed)
    return Splits(_split(corpus.train), _split(corpus.validation))


def _split(examples: list[minimal_pairs.Example]) -> Split:
    sentences, labels, sources = (list(column) for column in zip(*examples, strict=True))
    return Split(sentences, labels, sources)


def _from_files(data: DictConfig) -> Splits:
    columns = Columns(**data.columns)
    file_format = data.get("format", "auto")

    def read(paths: Any) -> Split:
        return read_split(_expanded(paths), columns, file_format)

    test = data.get("test")
    return Splits(read(data.train), read(data.validation), None if test is None else read(test))


def _expanded(paths: str | ListConfig) -> list[Path]:
    return [Path(path).expanduser() for path in ([paths] if isinstance(paths, str) else paths)]


def _from_hub(data: DictConfig) -> Splits:
    from colactl.training.hub import read_hub_split  # `datasets` takes 0.8 s to import, and only this source needs it

    # The test split stays where it is: training has no use for it, and GLUE's carries no labels.
    return Splits(read_hub_split(data, data.train), read_hub_split(data, data.validation))


SOURCES: dict[str, Callable[[DictConfig], Splits]] = {
    "minimal_pairs": _from_minimal_pairs,
    "files": _from_files,
    "hub": _from_hub,
}
