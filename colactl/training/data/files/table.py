"""TSV and CSV: rows of fields, as many in every row as in the first."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from colactl.errors import DataError
from colactl.training.data.files.layout import Layout, from_header, from_width, is_header
from colactl.training.data.files.lines import lines
from colactl.training.data.files.records import Columns, Record

Rows = Iterator[tuple[int, list[str]]]  # the number of the line that a row starts on, and its fields

TABS_HINT = "One tab stands between two fields, and none within a field."
QUOTING_HINT = (
    'A CSV field with a comma, a line break or a quotation mark stands in "", with quotation marks in it doubled; '
    "where a quotation mark is an ordinary character, the format is tsv."
)


def read_tsv(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each line that is not blank; a quotation mark is an ordinary character, as in CoLA.

    Raises:
        DataError: The columns cannot be told, or a line has more or fewer of them than the first.
    """
    return _records(path, _tsv_rows(path), columns, TABS_HINT)


def read_csv(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each row that is not blank, quoted as in RFC 4180.

    Raises:
        DataError: As for TSV, or the quoting is wrong.
    """
    return _records(path, _csv_rows(path), columns, QUOTING_HINT)


def _tsv_rows(path: Path) -> Rows:
    for number, line in lines(path):
        text = line.removesuffix("\n").removesuffix("\r")
        if text:
            yield number, text.split("\t")


def _csv_rows(path: Path) -> Rows:
    reader = csv.reader((line for _, line in lines(path)), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:  # an unclosed quotation mark runs to the file's end or into csv's limit for a field
            raise DataError(f"{path}:{start}: not a CSV record: {error}", QUOTING_HINT) from None
        if row is None:
            return
        if row:
            yield start, row


def _records(path: Path, rows: Rows, columns: Columns, hint: str) -> Iterator[Record]:
    start, first = next(rows, (0, []))
    if not first:
        return
    place = f"{path}:{start}"
    if is_header(first, columns):
        layout = from_header(place, first, columns)
    else:
        layout = from_width(place, first, columns)
        yield _record(place, first, layout)
    for number, row in rows:
        if len(row) != len(first):
            raise DataError(f"{path}:{number}: {len(row)} columns instead of {len(first)} as on line {start}", hint)
        yield _record(f"{path}:{number}", row, layout)


def _record(place: str, row: list[str], layout: Layout) -> Record:
    source = None if layout.source is None else row[layout.source]
    return Record(place, row[layout.sentence], row[layout.label], source)
