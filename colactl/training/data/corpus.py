"""The corpus that a config names, loaded into memory from wherever it comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig

from colactl import minimal_pairs
from colactl.errors import ConfigError, DataError, first_line
from colactl.training.data.files import Columns, read_split
from colactl.training.data.split import Split, Splits

UNREADABLE_HINT = (
    "Check data.name and the splits, or use the embedded corpus: --set data=default, or files: --set data=files"
)


def load_splits(data: DictConfig) -> Splits:
    """Loads the corpus.

    Args:
        data: The config's `data` group, resolved.

    Returns:
        The splits; labels are 0 and 1.

    Raises:
        ConfigError: `data.source` is unknown.
        DataError: The corpus is not available, or malformed.
    """
    # The Hub's test split is not loaded: training has no use for it, and GLUE's carries no labels.
    test = None if data.source == "hub" else _read(data, "test")
    return Splits(load_split(data, "train"), load_split(data, "validation"), test)


def load_split(data: DictConfig, name: str) -> Split:
    """Loads one split; of files and of the Hub, no other one is read.

    Args:
        data: The config's `data` group, resolved.
        name: train, validation or test.

    Raises:
        ConfigError: `data.source` is unknown, or the corpus has no such split.
        DataError: The split is not available, or malformed.
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
    """Reads a split of a repository on the Hub, or of a local folder of that form; sentences are stripped."""
    split = data.get(name)
    if not split:
        return None
    table, columns = _load_hub_table(data, split), data.columns
    sentences = [str(sentence).strip() for sentence in _column(table, columns.sentence, data)]
    labels = _column(table, columns.label, data)
    sources = _column(table, columns.source, data) if columns.get("source") else [""] * len(sentences)
    for row, (sentence, label) in enumerate(zip(sentences, labels, strict=True)):
        if not sentence or label not in (0, 1):
            fault = f"the label is {label!r}, neither 0 nor 1" if sentence else "the sentence is empty"
            hint = "Name a split with labels, such as train."
            raise DataError(f"{data.path}, split {split}, row {row}: {fault}", hint)
    return Split(sentences, [int(label) for label in labels], [str(source) for source in sources])


def _load_hub_table(data: DictConfig, split: str) -> Any:
    import datasets  # takes 0.8 s to import, and only this source needs it

    from colactl.training.hub.availability import fetch_data_set

    bars_disabled = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()  # they would go to stderr, whatever that is
    try:
        if Path(data.path).is_dir():
            return datasets.load_dataset(data.path, data.name, split=split, revision=data.revision)
        folder, files = fetch_data_set(data)  # once it is in the cache, nothing asks the network
        return datasets.load_dataset(str(folder), data.name, split=split, data_files=files)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        where = f"{data.path} ({data.name})" if data.name else data.path
        message = f"the data set {where}, split {split}, cannot be read: {first_line(error)}"
        raise DataError(message, UNREADABLE_HINT) from error
    finally:
        if not bars_disabled:
            datasets.enable_progress_bars()


def _column(table: Any, name: str, data: DictConfig) -> list[Any]:
    if name not in table.column_names:
        columns = ", ".join(table.column_names)
        raise DataError(f"{data.path} has no column {name!r}", f"Set data.columns; the columns are {columns}.")
    return list(table[name])


SOURCES: dict[str, Callable[[DictConfig, str], Split | None]] = {
    "minimal_pairs": _from_minimal_pairs,
    "files": _from_files,
    "hub": _from_hub,
}
