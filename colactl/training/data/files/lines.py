"""The lines of a text file, with the numbers that an editor shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from colactl.errors import DataError


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yields each line of a file with its number, from 1, and with its line end; see `decoded`.

    Raises:
        DataError: The file is not UTF-8 or holds a NUL byte.
    """
    with path.open("rb") as file:
        yield from decoded(file, str(path))


def decoded(file: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    r"""Yields each line with its number, from 1, and with its line end.

    Read as bytes, because there only \n ends a line: text mode and `str.splitlines` would also break a sentence at a
    lone carriage return or at U+2028. It also tells the line of a byte that is not UTF-8. A byte-order mark is dropped.

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
