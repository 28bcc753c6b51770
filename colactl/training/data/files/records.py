"""What every format has in common: which column is which, and what a record must hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from colactl.errors import DataError

SHOWN_CHARACTERS = 60  # of a faulty value in a message: enough to find it, little enough for one line
SHOWN_COLUMNS = 8

COLUMNS_HINT = "Set data.columns.sentence and data.columns.label to a header's name or a position from 0."


@dataclass(frozen=True)
class Columns:
    """Where a record keeps its fields: each a header's name, or a position from 0.

    Args:
        sentence: The text to classify.
        label: 0 or 1.
        source: Where the sentence comes from; None, or a name that a file does not have, leaves it unknown.
    """

    sentence: str | int = "sentence"
    label: str | int = "label"
    source: str | int | None = "source"


class Record(NamedTuple):
    """One record as its file has it, not yet checked; place names the file and the line or row."""

    place: str
    sentence: object
    label: object
    source: object


def checked(record: Record) -> tuple[str, int, str]:
    """The record's sentence, label (0 or 1) and source (empty where there is none).

    Raises:
        DataError: The sentence is empty or no text, or the label is not 0 or 1.
    """
    source = "" if record.source is None else str(record.source)
    return (
        _sentence(record.place, record.sentence),
        _label(record.place, record.label),
        _encodable(record.place, source),
    )


def shown(value: object) -> str:
    """A value for a message: quoted, on one line, shortened."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."


def listed(names: Sequence[str]) -> str:
    """The columns that a file has, for a message."""
    more = ", ..." if len(names) > SHOWN_COLUMNS else ""
    return (", ".join(map(shown, names[:SHOWN_COLUMNS])) or "none") + more


def only_position(place: str, name: str, names: Sequence[str]) -> int:
    """Where a name stands among names that hold it.

    Raises:
        DataError: It stands there twice, so that either column could be meant.
    """
    if names.count(name) > 1:
        raise DataError(f"{place}: two columns are called {shown(name)}", "Give each column a name of its own.")
    return names.index(name)


def _sentence(place: str, value: object) -> str:
    if not isinstance(value, str):
        raise DataError(f"{place}: the sentence is {shown(value)}, which is no text", COLUMNS_HINT)
    if not value.strip():
        raise DataError(f"{place}: the sentence is empty", "Remove the record, or give it a sentence.")
    return _encodable(place, value)


def _label(place: str, value: object) -> int:
    if isinstance(value, str) and value.strip() in ("0", "1"):
        return int(value)
    if isinstance(value, (int, float)) and value in (0, 1):  # bool is an int
        return int(value)
    raise DataError(
        f"{place}: the label {shown(value)} is not 0 or 1",
        f"Correct it, or, if that is another column or a header: {COLUMNS_HINT}",
    )


def _encodable(place: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as in JSON's "\ud800": no tokenizer takes it
        raise DataError(
            f"{place}: {shown(text)} is not valid Unicode", "Remove the stray \\ud800 to \\udfff."
        ) from None
    return text
