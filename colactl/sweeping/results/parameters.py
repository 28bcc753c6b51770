"""What a sweep varies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.types import Override, QuotedString

from colactl.composition.overrides import parse
from colactl.errors import ConfigError
from colactl.sweeping.results.compare import Row

Value = int | float | str | bool


def swept(rows: Sequence[Row]) -> dict[str, list[Value | None]]:
    """The keys and groups whose value differs between jobs, in the order that they are first named in.

    Args:
        rows: The jobs.

    Returns:
        For each, its value in every job, in the jobs' order; None for a job that does not name it.
    """
    texts = list(dict.fromkeys(text for row in rows for text in row["overrides"]))
    parsed = dict(zip(texts, _parsed(texts), strict=True))
    jobs = [dict(parsed[text] for text in row["overrides"]) for row in rows]
    names = dict.fromkeys(name for job in jobs for name in job)
    columns = {name: [job.get(name) for job in jobs] for name in names}
    # By text, because 1 and 1.0 are one batch and all of them to some keys.
    return {name: values for name, values in columns.items() if len(set(map(repr, values))) > 1}


def _parsed(texts: list[str]) -> list[tuple[str, Value]]:
    try:
        return [(override.get_key_element().lstrip("+~"), _value(override)) for override in parse(texts)]
    except ConfigError:  # a run that another program recorded
        return [(key, value) for key, _, value in (text.partition("=") for text in texts)]


def _value(override: Override) -> Value:
    value: Any = override.value()
    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, int | float | str):
        return value
    return "(deleted)" if override.is_delete() else str(override.get_value_element_as_str())
