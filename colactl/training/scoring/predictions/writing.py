"""Predictions as text, JSON lines, CSV, Parquet or GLUE's submission file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from colactl.training.scoring.predictions import ACCEPTABLE, Prediction

DIGITS = 6  # of a probability; float32 has hardly more
Write = Callable[[Sequence[Prediction]], None]

SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet"}
ONE_LINE = str.maketrans({"\n": "\\n", "\r": "\\r"})  # an argument may hold line ends, and an answer is one line


def format_of(path: Path) -> str:
    """The format that a file's suffix names; text where it names none."""
    return SUFFIXES.get(path.suffix.lower(), "text")


@contextmanager
def writer(file: IO[bytes], file_format: str) -> Iterator[Write]:
    """Gives a function that writes predictions, window by window, in order.

    Args:
        file: Open for writing in binary mode; it is left open.
        file_format: One of `FORMATS`.
    """
    with FORMATS[file_format](file) as write:
        yield write


@contextmanager
def _text(file: IO[bytes]) -> Iterator[Write]:
    """Probability, label and sentence between tabs; the sentence comes last, so that its own tabs do no harm."""

    def write(predictions: Sequence[Prediction]) -> None:
        lines = (f"{each.probability:.4f}\t{each.label}\t{each.sentence.translate(ONE_LINE)}\n" for each in predictions)
        _put(file, "".join(lines))

    yield write


@contextmanager
def _jsonl(file: IO[bytes]) -> Iterator[Write]:
    def write(predictions: Sequence[Prediction]) -> None:
        rows = (each._replace(probability=round(each.probability, DIGITS))._asdict() for each in predictions)
        _put(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    yield write


@contextmanager
def _csv(file: IO[bytes]) -> Iterator[Write]:
    def rows(values: Sequence[Sequence[object]]) -> None:
        text = io.StringIO(newline="")
        # Texts are always quoted: csv would leave a lone carriage return bare, which then ends a row.
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(values)
        _put(file, text.getvalue())

    rows([Prediction._fields])
    yield lambda predictions: rows([(s, label, round(p, DIGITS)) for s, label, p in predictions])


@contextmanager
def _glue(file: IO[bytes]) -> Iterator[Write]:
    """GLUE's CoLA.tsv: a header, then each sentence's number, from 0, and 1 where it is acceptable."""
    _put(file, "index\tprediction\n")
    count = 0

    def write(predictions: Sequence[Prediction]) -> None:
        nonlocal count
        labels = (int(each.label == ACCEPTABLE) for each in predictions)
        _put(file, "".join(f"{index}\t{label}\n" for index, label in enumerate(labels, count)))
        count += len(predictions)

    yield write


@contextmanager
def _parquet(file: IO[bytes]) -> Iterator[Write]:
    import pyarrow as pa  # here, because the other formats need not wait for it
    import pyarrow.parquet as pq

    schema = pa.schema([("sentence", pa.string()), ("label", pa.string()), ("probability", pa.float32())])
    with pq.ParquetWriter(file, schema) as table:
        yield lambda predictions: table.write_table(
            pa.table([list(column) for column in zip(*predictions, strict=True)], schema=schema)
        )


def _put(file: IO[bytes], text: str) -> None:
    file.write(text.encode())
    file.flush()  # whoever reads a pipe sees each window when it is there


FORMATS = {"text": _text, "jsonl": _jsonl, "csv": _csv, "parquet": _parquet, "glue": _glue}
