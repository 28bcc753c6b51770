"""Sentences to predict: arguments, a file or a stream of lines, read lazily."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from stat import S_ISREG
from typing import IO

from colactl.errors import ConfigError, DataError
from colactl.training.data.files import unreadable
from colactl.training.data.files.lines import decoded

GLUE_HEADER = ["index", "sentence"]
COLA_COLUMNS = 4  # CoLA's raw files: source, label, the author's mark, sentence


class Lines:
    """The sentences of an open file, one a line, in order; an empty line is a sentence too.

    Args:
        file: Open for reading in binary mode.
        name: What a message calls it.
        table: Whether it may be GLUE's test.tsv or one of CoLA's raw files, told by its first line.
    """

    def __init__(self, file: IO[bytes], name: str, table: bool = False) -> None:
        self._file, self._name, self._table = file, name, table
        self.size = _size(file)  # in bytes; None of a pipe

    @property
    def position(self) -> int:
        """Bytes read so far, of a file that has a size."""
        return self._file.tell() if self.size is not None else 0

    def __iter__(self) -> Iterator[str]:
        lines = ((number, _without_end(line)) for number, line in decoded(self._file, self._name))
        try:
            yield from self._columns(lines) if self._table else (line for _, line in lines)
        except OSError as error:  # only reading raises it: who uses the sentences does so outside of here
            raise unreadable(Path(self._name), error) from error

    def _columns(self, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
        number, first = next(lines, (0, ""))
        fields = first.split("\t")
        if fields == GLUE_HEADER:
            yield from self._glue(lines)
        elif number and len(fields) == COLA_COLUMNS:
            yield from (self._field(at, line, COLA_COLUMNS) for at, line in chain([(number, first)], lines))
        elif number:
            yield from chain([first], (line for _, line in lines))

    def _glue(self, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
        for index, (number, line) in enumerate(lines):
            sentence = self._field(number, line, len(GLUE_HEADER))
            found = line.partition("\t")[0]
            if found != str(index):
                raise DataError(
                    f"{self._name}:{number}: the index is {found!r} instead of {index}",
                    "GLUE wants every sentence of its test.tsv once, in order.",
                )
            yield sentence

    def _field(self, number: int, line: str, columns: int) -> str:
        """The last of a row's columns."""
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
        DataError: It is not there, or cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
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
        about = os.fstat(file.fileno())
    except OSError:  # no file of the system's
        return None
    return about.st_size if S_ISREG(about.st_mode) else None


def _without_end(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")
