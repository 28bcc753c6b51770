"""A corpus from the Hugging Face Hub, or from its local cache."""

from __future__ import annotations

from typing import Any

import datasets
from huggingface_hub.utils import logging as hub_logging
from omegaconf import DictConfig

from colactl.errors import DataError
from colactl.training.split import Split

OFFLINE_HINT = "Without a network, use the embedded corpus: --set data=default, or files: --set data=files"


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
    table = _download(data, name)
    columns = data.columns
    sentences = [str(sentence).strip() for sentence in _column(table, columns.sentence, data)]
    labels = list(_column(table, columns.label, data))
    sources = _column(table, columns.source, data) if columns.get("source") else [""] * len(sentences)
    for row, (sentence, label) in enumerate(zip(sentences, labels, strict=True)):
        if not sentence or label not in (0, 1):
            what = f"the label is {label!r}, neither 0 nor 1" if sentence else "the sentence is empty"
            raise DataError(f"{data.path}, split {name}, row {row}: {what}", "Name a split with labels, such as train.")
    return Split(sentences, [int(label) for label in labels], [str(source) for source in sources])


def _download(data: DictConfig, name: str) -> Any:
    # Both would write to stderr of what the exception says anyhow.
    datasets.disable_progress_bars()
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the package says no type there
    try:
        return datasets.load_dataset(data.path, data.name, split=name, revision=data.revision)
    except Exception as error:
        if not _is_foreseen(error):
            raise
        where = f"{data.path} ({data.name})" if data.name else data.path
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise DataError(f"the data set {where}, split {name}, is not to be had: {reason}", OFFLINE_HINT) from error


def _is_foreseen(error: Exception) -> bool:
    # A dropped connection raises an httpx or httpx2 error, which is no OSError; which of the two packages
    # huggingface_hub uses depends on its version, so the name decides.
    package = type(error).__module__.partition(".")[0]
    return isinstance(error, (OSError, ValueError, datasets.exceptions.DatasetsError)) or package in ("httpx", "httpx2")


def _column(table: Any, name: str, data: DictConfig) -> list[Any]:
    if name not in table.column_names:
        there = ", ".join(table.column_names)
        raise DataError(f"{data.path} has no column {name!r}", f"Set data.columns; the columns are {there}.")
    return list(table[name])
