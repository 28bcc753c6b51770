"""Sentences to predict, read lazily, and their predictions, written in several formats.

They are read, scored and written a window at a time: however many there are, the memory they take is bounded.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from stat import S_ISREG
from typing import IO, NamedTuple

from colactl.errors import ConfigError, DataError
from colactl.training.labels import ACCEPTABLE, UNACCEPTABLE, is_acceptable

WINDOW_SENTENCES = 8_192  # sorted by length together; more would pad hardly less, and answers would come later
WINDOW_CHARACTERS = 2_000_000  # of longer sentences fewer: their tokens take some hundred bytes each

GLUE_HEADER = ["index", "sentence"]
COLA_COLUMNS = 4  # CoLA's raw files: source, label, the author's mark, sentence

DIGITS = 6  # of a probability; float32 has hardly more
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet"}
ONE_LINE = str.maketrans({"\n": "\\n", "\r": "\\r"})  # an argument may hold line ends, and an answer is one line


class Prediction(NamedTuple):
    """What a model says of a sentence.

    Attributes:
        sentence: As it was given.
        label: "acceptable" or "unacceptable", by `labels.is_acceptable`.
        probability: Of the sentence being acceptable, from 0 to 1.
    """

    sentence: str
    label: str
    probability: float

    @classmethod
    def of(cls, sentence: str, probability: float) -> Prediction:
        """Labels a sentence by its probability."""
        return cls(sentence, ACCEPTABLE if is_acceptable(probability) else UNACCEPTABLE, probability)


def windows(sentences: Iterable[str]) -> Iterator[list[str]]:
    """Cuts a stream of sentences into lists, each read only when it is asked for.

    Args:
        sentences: Any number.

    Yields:
        At most `WINDOW_SENTENCES`, and no more after the one that brings `WINDOW_CHARACTERS` together; never none.
    """
    window: list[str] = []
    characters = 0
    for sentence in sentences:
        window.append(sentence)
        characters += len(sentence)
        if len(window) >= WINDOW_SENTENCES or characters >= WINDOW_CHARACTERS:
            yield window
            window, characters = [], 0
    if window:
        yield window


class Lines:
    """The sentences of an open file, one a line, in order; an empty line is a sentence too.

    Args:
        file: Open for reading in binary mode.
        name: What a message calls it.
        table: Whether it may be GLUE's test.tsv or one of CoLA's raw files, recognised by its first line.

    Attributes:
        size: In bytes; None of a pipe.
    """

    def __init__(self, file: IO[bytes], name: str, table: bool = False) -> None:
        self._file, self._name, self._table = file, name, table
        self.size = _size(file)

    @property
    def position(self) -> int:
        """Bytes read so far, of a file that has a size."""
        return self._file.tell() if self.size is not None else 0

    def __iter__(self) -> Iterator[str]:
        from colactl.training.data.files.records import decode_lines, unreadable  # whose room --help does not need

        decoded = decode_lines(self._file, self._name)
        lines = ((number, line.removesuffix("\n").removesuffix("\r")) for number, line in decoded)
        try:
            yield from self._last_columns(lines) if self._table else (line for _, line in lines)
        except OSError as error:  # only reading raises it: the caller's use of the sentences is outside of here
            raise unreadable(Path(self._name), error) from error

    def _last_columns(self, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
        number, first = next(lines, (0, ""))
        fields = first.split("\t")
        if fields == GLUE_HEADER:
            yield from self._glue(lines)
        elif number and len(fields) == COLA_COLUMNS:
            yield from (self._last_field(at, line, COLA_COLUMNS) for at, line in chain([(number, first)], lines))
        elif number:
            yield from chain([first], (line for _, line in lines))

    def _glue(self, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
        for expected, (number, line) in enumerate(lines):
            sentence = self._last_field(number, line, len(GLUE_HEADER))
            index = line.partition("\t")[0]
            if index != str(expected):
                raise DataError(
                    f"{self._name}:{number}: the index is {index!r} instead of {expected}",
                    "GLUE wants every sentence of its test.tsv once, in order.",
                )
            yield sentence

    def _last_field(self, number: int, line: str, columns: int) -> str:
        fields = line.split("\t")
        if len(fields) != columns:
            raise DataError(
                f"{self._name}:{number}: {len(fields)} columns instead of {columns} as on the first line",
                "One tab stands between two fields, and none within a field.",
            )
        return fields[-1]


@contextmanager
def open_lines(path: Path, table: bool = False) -> Iterator[Lines]:
    """Opens a file of sentences.

    Args:
        path: Of UTF-8 text.
        table: See `Lines`.

    Raises:
        DataError: It does not exist, or cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        from colactl.training.data.files.records import unreadable

        raise unreadable(path, error) from error
    with file:
        yield Lines(file, str(path), table)


def checked(sentences: Iterable[str]) -> Iterator[str]:
    """Yields sentences that did not come from a file.

    Raises:
        ConfigError: One of them is not valid Unicode, such as an argument that was not UTF-8.
    """
    for number, sentence in enumerate(sentences, 1):
        try:
            sentence.encode()
        except UnicodeEncodeError:
            raise ConfigError(f"Sentence {number} is not valid Unicode: {sentence!r}", "Give it as UTF-8.") from None
        yield sentence


def _size(file: IO[bytes]) -> int | None:
    try:
        status = os.fstat(file.fileno())
    except OSError:  # no file of the system's
        return None
    return status.st_size if S_ISREG(status.st_mode) else None


Write = Callable[[Sequence[Prediction]], None]


def format_of(path: Path) -> str:
    """The format that a file's suffix names; text where it names none."""
    return SUFFIXES.get(path.suffix.lower(), "text")


def writer(file: IO[bytes], file_format: str) -> AbstractContextManager[Write]:
    """Gives a function that writes predictions, window by window, in order.

    Args:
        file: Open for writing in binary mode; it is left open.
        file_format: One of `FORMATS`.
    """
    return FORMATS[file_format](file)


@contextmanager
def _text(file: IO[bytes]) -> Iterator[Write]:
    """Probability, label and sentence between tabs; the sentence comes last, so that its own tabs do no harm."""

    def write(predictions: Sequence[Prediction]) -> None:
        _put(file, "".join(f"{p:.4f}\t{label}\t{text.translate(ONE_LINE)}\n" for text, label, p in predictions))

    yield write


@contextmanager
def _jsonl(file: IO[bytes]) -> Iterator[Write]:
    def write(predictions: Sequence[Prediction]) -> None:
        rows = ({"sentence": text, "label": label, "probability": round(p, DIGITS)} for text, label, p in predictions)
        _put(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    yield write


@contextmanager
def _csv(file: IO[bytes]) -> Iterator[Write]:
    def write_rows(rows: Iterable[Sequence[object]]) -> None:
        text = io.StringIO(newline="")
        # Texts are always quoted: csv would leave a lone carriage return bare, which then ends a row.
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
        _put(file, text.getvalue())

    write_rows([Prediction._fields])
    yield lambda predictions: write_rows((text, label, round(p, DIGITS)) for text, label, p in predictions)


@contextmanager
def _glue(file: IO[bytes]) -> Iterator[Write]:
    """GLUE's CoLA.tsv: a header, then each sentence's number, from 0, and 1 where it is acceptable."""
    _put(file, "index\tprediction\n")
    count = 0

    def write(predictions: Sequence[Prediction]) -> None:
        nonlocal count
        labels = (int(prediction.label == ACCEPTABLE) for prediction in predictions)
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


FORMATS: dict[str, Callable[[IO[bytes]], AbstractContextManager[Write]]] = {
    "text": _text,
    "jsonl": _jsonl,
    "csv": _csv,
    "parquet": _parquet,
    "glue": _glue,
}
