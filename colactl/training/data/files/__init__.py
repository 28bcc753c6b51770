"""Corpus files, `data=files`: CoLA's raw TSV, CSV, JSON lines and Parquet become a `Split`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from colactl.errors import DataError
from colactl.training.data.files.formats import read_csv, read_jsonl, read_parquet, read_tsv
from colactl.training.data.files.records import Columns, Record, checked, unreadable
from colactl.training.data.split import Split

__all__ = ["FORMATS", "Columns", "read_split"]

Reader = Callable[[Path, Columns], Iterator[Record]]

READERS: dict[str, Reader] = {"tsv": read_tsv, "csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet}
FORMATS = ("auto", *READERS)
SUFFIXES = {
    ".tsv": "tsv",
    ".txt": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}


def read_split(paths: str | Path | Sequence[str | Path], columns: Columns, file_format: str = "auto") -> Split:
    """Reads the files of one split, in order, into one.

    Args:
        paths: The files; a single one may stand without a list.
        columns: Where a record keeps its sentence, label and source.
        file_format: One of `FORMATS`; "auto" goes by each file's suffix.

    Returns:
        Every sentence of every file, with labels of 0 or 1.

    Raises:
        DataError: A file is missing, unreadable, empty or malformed; the message names the file and, where there is
            one, the line or row.
    """
    files = [Path(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
    if not files:
        raise DataError("the split names no file", "Give it a path or a list of paths.")
    readers = [_reader(path, file_format) for path in files]  # a wrong format stops before a long read
    split = Split([], [], [])
    for path, reader in zip(files, readers, strict=True):
        before = len(split)
        try:
            for record in reader(path, columns):
                sentence, label, source = checked(record)
                split.sentences.append(sentence)
                split.labels.append(label)
                split.sources.append(source)
        except OSError as error:
            raise unreadable(path, error) from error
        if len(split) == before:  # also one of several: most likely a download that was cut off
            hint = "Check where the file came from, or leave it out of the split."
            raise DataError(f"{path} holds no sentences", hint)
    return split


def _reader(path: Path, file_format: str) -> Reader:
    name = SUFFIXES.get(path.suffix.lower()) if file_format == "auto" else file_format
    if name in READERS:
        return READERS[name]
    known = ", ".join(READERS)
    if file_format == "auto":
        raise DataError(
            f"{path}: the suffix {path.suffix!r} does not tell the format",
            f"Name the format, one of {known}, or use one of the suffixes {', '.join(SUFFIXES)}.",
        )
    raise DataError(f"there is no file format {file_format!r}", f"The formats are auto, {known}.")
