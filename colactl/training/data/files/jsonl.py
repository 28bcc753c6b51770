"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from colactl.errors import DataError
from colactl.training.data.files.lines import lines
from colactl.training.data.files.records import Columns, Record, listed, shown

JSON_WHITESPACE = " \t\r\n"
ONE_OBJECT_HINT = "Write one JSON object a line; a JSON array becomes that with: jq -c '.[]' OLD > NEW"


def read_jsonl(path: Path, columns: Columns) -> Iterator[Record]:
    """Yields a record for each line that is not blank.

    Raises:
        DataError: A line is not JSON, is no object, or lacks the sentence or the label.
    """
    for number, line in lines(path):
        if not line.strip(JSON_WHITESPACE):
            continue
        place = f"{path}:{number}"
        fields = _object(place, line)
        sentence = _field(place, fields, "sentence", columns.sentence)
        label = _field(place, fields, "label", columns.label)
        yield Record(place, sentence, label, fields.get(columns.source))


def _object(place: str, line: str) -> dict[Any, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{place}: not JSON: {error.msg} at column {error.colno}", ONE_OBJECT_HINT) from None
    except (ValueError, RecursionError):  # thousands of digits or of brackets: valid JSON, but beyond Python's limits
        raise DataError(f"{place}: a number is too long or brackets nest too deep", ONE_OBJECT_HINT) from None
    if not isinstance(value, dict):
        raise DataError(f"{place}: a JSON {type(value).__name__}, not an object", ONE_OBJECT_HINT)
    return value


def _field(place: str, fields: dict[Any, Any], role: str, key: str | int) -> object:
    if key in fields:
        return fields[key]
    raise DataError(
        f"{place}: there is no key {shown(key)} among its keys {listed(list(fields))}",
        f"Set data.columns.{role} to the name of a key.",
    )
