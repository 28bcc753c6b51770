"""A corpus from the Hugging Face Hub, or from its local cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import datasets
from omegaconf import DictConfig

from colactl.errors import DataError, first_line
from colactl.training.data.split import Split
from colactl.training.hub.availability import fetch_data_set

OFFLINE_HINT = (
    "Check data.name and the splits, or use the embedded corpus: --set data=default, or files: --set data=files"
)


def read_hub_split(data: DictConfig, name: str) -> Split:
    """Loads one split with `datasets.load_dataset`.

    Args:
        data: The config's `data` group: `path`, `name`, `revision` and `columns`.
        name: What the repository calls the split.

    Returns:
        The split's sentences, stripped, with labels of 0 or 1.

    Raises:
        DataError: The data set is not to be had, lacks a column, or has a label that is neither 0 nor 1.
    """
    table = _load(data, name)
    columns = data.columns
    sentences = [str(sentence).strip() for sentence in _column(table, columns.sentence, data)]
    labels = list(_column(table, columns.label, data))
    sources = _column(table, columns.source, data) if columns.get("source") else [""] * len(sentences)
    for row, (sentence, label) in enumerate(zip(sentences, labels, strict=True)):
        if not sentence or label not in (0, 1):
            what = f"the label is {label!r}, neither 0 nor 1" if sentence else "the sentence is empty"
            raise DataError(f"{data.path}, split {name}, row {row}: {what}", "Name a split with labels, such as train.")
    return Split(sentences, [int(label) for label in labels], [str(source) for source in sources])


def _load(data: DictConfig, name: str) -> Any:
    with _no_progress_bars():
        try:
            if Path(data.path).is_dir():
                return datasets.load_dataset(data.path, data.name, split=name, revision=data.revision)
            folder, files = fetch_data_set(data)  # from the cache on, nothing asks the network
            return datasets.load_dataset(str(folder), data.name, split=name, data_files=files)
        except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
            where = f"{data.path} ({data.name})" if data.name else data.path
            raise DataError(
                f"the data set {where}, split {name}, cannot be read: {first_line(error)}", OFFLINE_HINT
            ) from error


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """For as long as it is entered: they would go to stderr, whatever that is."""
    enabled = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if enabled:
            datasets.enable_progress_bars()


def _column(table: Any, name: str, data: DictConfig) -> list[Any]:
    if name not in table.column_names:
        there = ", ".join(table.column_names)
        raise DataError(f"{data.path} has no column {name!r}", f"Set data.columns; the columns are {there}.")
    return list(table[name])
