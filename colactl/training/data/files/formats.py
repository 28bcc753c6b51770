"""The file formats: TSV and CSV, JSON lines, and Parquet; each becomes records."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from colactl.errors import DataError
from colactl.training.data.files.records import (
    COLUMNS_HINT,
    Columns,
    Record,
    listed,
    position_of,
    read_lines,
    shown,
)

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH_ROWS = 16_384  # of Parquet: a few megabytes of sentences
JSON_WHITESPACE = " \t\r\n"

TABS_HINT = "One tab stands between two fields, and none within a field."
QUOTING_HINT = (
    'A CSV field with a comma, a line break or a quotation mark stands in "", with quotation marks in it doubled; '
    "where a quotation mark is an ordinary character, the format is tsv."
)
ONE_OBJECT_HINT = "Write one JSON object a line; a JSON array becomes that with: jq -c '.[]' OLD > NEW"

Rows = Iterator[tuple[int, list[str]]]  # the number of the line that a row starts on, and its fields


class Layout(NamedTuple):
    """The position, from 0, of each field in a table's row; None where there is no source."""

    sentence: int
    label: int
    source: int | None


# What a table without a header holds, by the number of its columns.
USUAL_LAYOUTS = {
    4: Layout(sentence=3, label=1, source=0),  # CoLA's raw files: source, label, the author's mark, sentence
    2: Layout(sentence=0, label=1, source=None),
}


def read_tsv(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each line that is not blank; a quotation mark is an ordinary character, as in CoLA.

    Raises:
        DataError: The columns are unknown, or a line has more or fewer of them than the first.
    """
    lines = ((number, line.removesuffix("\n").removesuffix("\r")) for number, line in read_lines(path))
    return _read_table(path, ((number, line.split("\t")) for number, line in lines if line), columns, TABS_HINT)


def read_csv(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each row that is not blank, quoted as in RFC 4180.

    Raises:
        DataError: As for TSV, or the quoting is wrong.
    """
    return _read_table(path, _csv_rows(path), columns, QUOTING_HINT)


def _csv_rows(path: Path) -> Rows:
    reader = csv.reader((line for _, line in read_lines(path)), strict=True)
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


def _read_table(path: Path, rows: Rows, columns: Columns, hint: str) -> Iterator[Record]:
    start, first = next(rows, (0, []))
    if not first:
        return
    place = f"{path}:{start}"
    header = [name.strip() for name in first]
    wanted = {column for column in (columns.sentence, columns.label) if isinstance(column, str)}
    if wanted and wanted <= set(header):
        layout = _layout_of_header(place, header, columns)
    else:
        layout = _layout_of_row(place, first, columns)
        yield _record(place, first, layout)
    for number, row in rows:
        if len(row) != len(first):
            raise DataError(f"{path}:{number}: {len(row)} columns instead of {len(first)} as on line {start}", hint)
        yield _record(f"{path}:{number}", row, layout)


def _record(place: str, row: list[str], layout: Layout) -> Record:
    source = None if layout.source is None else row[layout.source]
    return Record(place, row[layout.sentence], row[layout.label], source)


def _layout_of_header(place: str, header: list[str], columns: Columns) -> Layout:
    """The layout that a header gives; a source that it does not name is unknown."""
    source = None if isinstance(columns.source, str) and columns.source not in header else columns.source
    return Layout(
        _position(place, header, columns.sentence),
        _position(place, header, columns.label),
        None if source is None else _position(place, header, source),
    )


def _layout_of_row(place: str, row: list[str], columns: Columns) -> Layout:
    """The layout of a table without a header: positions as given, names where the usual layouts have them."""
    usual = USUAL_LAYOUTS.get(len(row))
    sentence = columns.sentence if usual is None or isinstance(columns.sentence, int) else usual.sentence
    label = columns.label if usual is None or isinstance(columns.label, int) else usual.label
    if isinstance(sentence, str) or isinstance(label, str):
        wanted = " and ".join(shown(name) for name in (sentence, label) if isinstance(name, str))
        present = f"the columns are not 4 or 2 but {len(row)}: {listed(row)}"
        raise DataError(f"{place}: there is no header with {wanted}, and {present}", COLUMNS_HINT)
    source: int | None = None
    if isinstance(columns.source, int):
        source = _position(place, row, columns.source)
    elif columns.source is not None and usual is not None and (sentence, label) == (usual.sentence, usual.label):
        source = usual.source  # only then is the rest of the file known to be in the usual order as well
    return Layout(_position(place, row, sentence), _position(place, row, label), source)


def _position(place: str, names: list[str], column: str | int) -> int:
    if isinstance(column, str):
        return position_of(place, column, names)
    if 0 <= column < len(names):
        return column
    raise DataError(f"{place}: there is no column {column} among {len(names)} counted from 0", COLUMNS_HINT)


def read_jsonl(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each line that is not blank.

    Raises:
        DataError: A line is not JSON, is no object, or lacks the sentence or the label.
    """
    for number, line in read_lines(path):
        if not line.strip(JSON_WHITESPACE):
            continue
        place = f"{path}:{number}"
        fields = _json_object(place, line)
        for role, key in (("sentence", columns.sentence), ("label", columns.label)):
            if key not in fields:
                present = f"there is no key {shown(key)} among its keys {listed(list(fields))}"
                raise DataError(f"{place}: {present}", f"Set data.columns.{role} to the name of a key.")
        yield Record(place, fields[columns.sentence], fields[columns.label], fields.get(columns.source))


def _json_object(place: str, line: str) -> dict[Any, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{place}: not JSON: {error.msg} at column {error.colno}", ONE_OBJECT_HINT) from None
    except (ValueError, RecursionError):  # thousands of digits or of brackets: valid JSON, but beyond Python's limits
        raise DataError(f"{place}: a number is too long or brackets nest too deep", ONE_OBJECT_HINT) from None
    if not isinstance(value, dict):
        raise DataError(f"{place}: a JSON {type(value).__name__}, not an object", ONE_OBJECT_HINT)
    return value


def read_parquet(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each row; rows count from 1.

    Raises:
        DataError: The file is not whole, or lacks the column of the sentence or of the label.
    """
    with path.open("rb") as file:
        for number, row in enumerate(_parquet_rows(path, file, columns), 1):
            yield Record(f"{path}, row {number}", *row)


def _parquet_rows(path: Path, file: BinaryIO, columns: Columns) -> Iterator[tuple[object, object, object]]:
    import pyarrow as pa  # here, because the other formats need not wait for it
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        names = _parquet_columns(path, table, columns)
        for batch in table.iter_batches(BATCH_ROWS, columns=[name for name in names if name is not None]):
            empty = [None] * len(batch)
            yield from zip(*(empty if name is None else batch.column(name).to_pylist() for name in names), strict=True)
    except (pa.ArrowException, OSError, ValueError) as error:  # Arrow reports damage as any of the three
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise DataError(f"{path} is not a whole Parquet file: {reason}", "Write or download it again.") from error


def _parquet_columns(path: Path, table: pq.ParquetFile, columns: Columns) -> tuple[str, str, str | None]:
    """The names of the three columns, by which alone Arrow selects them; None where there is no source."""
    names: list[str] = list(table.schema_arrow.names)

    def name_of(column: str | int) -> str:
        if isinstance(column, int) and 0 <= column < len(names):
            column = names[column]
        if isinstance(column, str) and column in names:
            return names[position_of(str(path), column, names)]
        raise DataError(f"{path}: there is no column {shown(column)} among its columns {listed(names)}", COLUMNS_HINT)

    sentence, label = name_of(columns.sentence), name_of(columns.label)
    has_source = isinstance(columns.source, int) or columns.source in names
    return sentence, label, name_of(columns.source) if has_source and columns.source is not None else None
