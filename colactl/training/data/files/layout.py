"""Where a table's columns are: a header says it, or the config's positions, or CoLA's own order."""

from __future__ import annotations

from typing import NamedTuple

from colactl.errors import DataError
from colactl.training.data.files.records import COLUMNS_HINT, Columns, listed, only_position, shown


class Layout(NamedTuple):
    """The position, from 0, of each field in a row; None where there is no source."""

    sentence: int
    label: int
    source: int | None


# What a file without a header holds, by the number of its columns.
CONVENTIONS = {
    4: Layout(sentence=3, label=1, source=0),  # CoLA's raw files: source, label, the author's mark, sentence
    2: Layout(sentence=0, label=1, source=None),
}


def is_header(row: list[str], columns: Columns) -> bool:
    """Whether a file's first row holds the names of the sentence and the label; positions are in no header."""
    wanted = {column for column in (columns.sentence, columns.label) if isinstance(column, str)}
    return bool(wanted) and wanted <= set(_names(row))


def from_header(place: str, row: list[str], columns: Columns) -> Layout:
    """The layout that a header gives; a source that it does not name is unknown.

    Raises:
        DataError: A name stands there twice, or a position is beyond the last column.
    """
    names = _names(row)
    source = columns.source
    if isinstance(source, str) and source not in names:
        source = None
    return Layout(
        _position(place, names, columns.sentence),
        _position(place, names, columns.label),
        None if source is None else _position(place, names, source),
    )


def from_width(place: str, row: list[str], columns: Columns) -> Layout:
    """The layout of a file without a header: positions as given, names where the convention has them.

    Raises:
        DataError: A name is given and there is no convention, or a position is beyond the last column.
    """
    usual = CONVENTIONS.get(len(row))
    sentence = columns.sentence if usual is None or isinstance(columns.sentence, int) else usual.sentence
    label = columns.label if usual is None or isinstance(columns.label, int) else usual.label
    if isinstance(sentence, str) or isinstance(label, str):
        wanted = " and ".join(shown(name) for name in (sentence, label) if isinstance(name, str))
        found = f"and the columns are not 4 or 2 but {len(row)}: {listed(row)}"
        raise DataError(f"{place}: there is no header with {wanted}, {found}", COLUMNS_HINT)
    source: int | None = None
    if isinstance(columns.source, int):
        source = _position(place, row, columns.source)
    elif columns.source is not None and usual is not None and (sentence, label) == (usual.sentence, usual.label):
        source = usual.source  # only then is the rest of the file known to be in the usual order as well
    return Layout(_position(place, row, sentence), _position(place, row, label), source)


def _names(row: list[str]) -> list[str]:
    return [name.strip() for name in row]


def _position(place: str, names: list[str], column: str | int) -> int:
    if isinstance(column, str):
        return only_position(place, column, names)
    if 0 <= column < len(names):
        return column
    raise DataError(f"{place}: there is no column {column} among {len(names)} counted from 0", COLUMNS_HINT)
