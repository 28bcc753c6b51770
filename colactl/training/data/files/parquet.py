"""Parquet, read a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from colactl.errors import DataError
from colactl.training.data.files.records import COLUMNS_HINT, Columns, Record, listed, only_position, shown

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH_ROWS = 16_384  # a few megabytes of sentences

Row = tuple[object, object, object]


def read_parquet(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each row; rows count from 1.

    Raises:
        DataError: The file is not whole, or lacks the column of the sentence or of the label.
    """
    with path.open("rb") as file:
        for number, row in enumerate(_rows(path, file, columns), 1):
            yield Record(f"{path}, row {number}", *row)


def _rows(path: Path, file: BinaryIO, columns: Columns) -> Iterator[Row]:
    import pyarrow as pa  # here, because the other formats need not wait for it
    import pyarrow.parquet as pq

    try:
        yield from _batches(pq.ParquetFile(file), path, columns)
    except (pa.ArrowException, OSError, ValueError) as error:  # Arrow reports damage as any of the three
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise DataError(f"{path} is not a whole Parquet file: {reason}", "Write or download it again.") from error


def _batches(table: pq.ParquetFile, path: Path, columns: Columns) -> Iterator[Row]:
    names = list(table.schema_arrow.names)
    sentence, label = _name(path, names, columns.sentence), _name(path, names, columns.label)
    known = isinstance(columns.source, int) or columns.source in names
    source = _name(path, names, columns.source) if known and columns.source is not None else None
    for batch in table.iter_batches(BATCH_ROWS, columns=[sentence, label, *([source] if source else [])]):
        sources = batch.column(source).to_pylist() if source else [None] * len(batch)
        yield from zip(batch.column(sentence).to_pylist(), batch.column(label).to_pylist(), sources, strict=True)


def _name(path: Path, names: list[str], column: str | int) -> str:
    """The one column that is meant, by its name; Arrow selects columns by nothing else."""
    if isinstance(column, int) and 0 <= column < len(names):
        column = names[column]
    if isinstance(column, str) and column in names:
        return names[only_position(str(path), column, names)]
    raise DataError(f"{path}: there is no column {shown(column)} among its columns {listed(names)}", COLUMNS_HINT)
