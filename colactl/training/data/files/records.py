"""What all file formats share: lines of text, the columns of a record, and what a record must hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
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
    place, sentence, label, source = record
    if not isinstance(sentence, str):
        raise DataError(f"{place}: the sentence is {shown(sentence)}, which is no text", COLUMNS_HINT)
    if not sentence.strip():
        raise DataError(f"{place}: the sentence is empty", "Remove the record, or give it a sentence.")
    return _encodable(place, sentence), _label(place, label), _encodable(place, "" if source is None else str(source))


def shown(value: object) -> str:
    """A value for a message: quoted, on one line, shortened."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."


def listed(names: Sequence[str]) -> str:
    """The columns that a file has, for a message."""
    more = ", ..." if len(names) > SHOWN_COLUMNS else ""
    return (", ".join(map(shown, names[:SHOWN_COLUMNS])) or "none") + more


def position_of(place: str, name: str, names: Sequence[str]) -> int:
    """The position of a name in a header that has it.

    Raises:
        DataError: The header has it twice.
    """
    if names.count(name) > 1:
        raise DataError(f"{place}: two columns are called {shown(name)}", "Give each column a name of its own.")
    return names.index(name)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yields each line of a file with its number, from 1, and with its line end; see `decode_lines`.

    Raises:
        DataError: The file is not UTF-8 or holds a NUL byte.
    """
    with path.open("rb") as file:
        yield from decode_lines(file, str(path))


def decode_lines(file: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    r"""Yields each line with its number, from 1, and with its line end.

    Read as bytes, because there only \n ends a line: text mode and `str.splitlines` would also break a sentence at a
    lone carriage return or at U+2028. It also gives the line of a byte that is not UTF-8. A byte-order mark is dropped.

    Args:
        file: Open for reading in binary mode.
        name: What a message calls it.

    Raises:
        DataError: It is not UTF-8 or holds a NUL byte.
    """
    for number, raw in enumerate(file, 1):
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            bad = error.object[error.start]
            raise DataError(
                f"{name}:{number}: the byte 0x{bad:02x} is not UTF-8",
                "Save the file as UTF-8, for example with: iconv -f LATIN1 -t UTF-8 OLD > NEW",
            ) from None
        if "\0" in text:
            raise DataError(f"{name}:{number}: there is a NUL byte", "Save the file as plain text in UTF-8.")
        yield number, text


def unreadable(path: Path, error: OSError) -> DataError:
    """The error for a file that cannot be opened or read."""
    if isinstance(error, FileNotFoundError):
        return DataError(f"there is no file {path}", f"Check the path; a relative one starts at {Path.cwd()}.")
    if isinstance(error, IsADirectoryError):
        return DataError(f"{path} is a directory, not a file", "Name the files in it, as a list if they are several.")
    return DataError(f"{path} cannot be read: {error.strerror or error}", f"Look at it with: ls -l {path}")


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
        hint = "Remove the stray \\ud800 to \\udfff."
        raise DataError(f"{place}: {shown(text)} is not valid Unicode", hint) from None
    return text
