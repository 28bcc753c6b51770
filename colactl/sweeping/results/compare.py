"""Jobs compared: which is best, and which differ in nothing but their seed."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from colactl.runs.run import CONFIG

Row = dict[str, Any]  # a job, as `results.read` gives it

SEED_LINE = re.compile(r"^seed:.*\n?", re.MULTILINE)  # the top level's: every other key of a YAML file is indented


@dataclass(frozen=True)
class Group:
    """Jobs whose configs are the same but for the seed.

    Attributes:
        overrides: The first job's, without its seed.
        jobs: Their indices.
        n: How many of them are done and have an MCC; the figures are theirs.
        mean: Of the MCC, from -1 to 1; None where n is 0.
        std: The sample standard deviation (its divisor is n - 1); None where n is below 2.
        min: The lowest MCC.
        max: The highest.
        degenerate: Whether any of them gave every sentence the same answer.
    """

    overrides: list[str]
    jobs: list[int]
    n: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    degenerate: bool

    def as_json(self) -> dict[str, Any]:
        """As in `--json`."""
        return asdict(self)


def mcc(row: Row) -> float | None:
    """A done job's MCC, from -1 to 1; None where it has none, as without a validation or where training diverged."""
    value = (row["result"] or {}).get("mcc")
    if row["status"] != "done" or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def degenerate(row: Row) -> bool:
    """Whether a job's model gave every sentence the same answer."""
    return bool((row["result"] or {}).get("degenerate"))


def best_first(rows: Sequence[Row]) -> list[Row]:
    """Sorted by MCC, the highest first; jobs without one come last, in order."""
    return sorted(rows, key=lambda row: -_rank(mcc(row)))


def best(rows: Sequence[Row]) -> Row | None:
    """The job with the highest MCC, the first of equals; None where none has one."""
    return next((row for row in best_first(rows)[:1] if mcc(row) is not None), None)


def best_group(groups: Sequence[Group]) -> Group | None:
    """The group with the highest mean, if any group has several jobs."""
    measured = [group for group in groups if group.mean is not None]
    if not measured or all(len(group.jobs) < 2 for group in groups):
        return None
    return max(measured, key=lambda group: _rank(group.mean))


def groups(rows: Sequence[Row]) -> list[Group]:
    """The rows' groups, in the order of their first jobs."""
    return [_group(members) for members in _members(rows)]


def _members(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows of each group.

    Configs are compared, not overrides: 1e-3 and 0.001 are the same, and so are two experiments that differ in their
    seed. A job that has not started has no config yet; it goes with those that have its overrides.
    """
    configs = [_config(Path(row["folder"])) for row in rows]
    overrides = [tuple(without_seed(row["overrides"])) for row in rows]
    known = {own: config for own, config in zip(overrides, configs, strict=True) if config is not None}
    found: dict[object, list[Row]] = {}
    for row, own, config in zip(rows, overrides, configs, strict=True):
        found.setdefault(config or known.get(own, own), []).append(row)
    yield from found.values()


def without_seed(overrides: Sequence[str]) -> list[str]:
    """The overrides but for that of the top-level `seed`."""
    return [text for text in overrides if text.lstrip("+").partition("=")[0].strip() != "seed"]


def shared(rows: Sequence[Row]) -> set[str]:
    """The overrides that all of several jobs have: they tell no job from another."""
    return set.intersection(*(set(row["overrides"]) for row in rows)) if len(rows) > 1 else set()


def _config(folder: Path) -> str | None:
    """A job's config without its seed: as composed, because an interpolation of the seed would differ when resolved."""
    for file in (folder / ".hydra" / CONFIG, folder / CONFIG):
        try:
            return SEED_LINE.sub("", file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    return None


def _group(rows: list[Row]) -> Group:
    values = [value for row in rows if (value := mcc(row)) is not None]
    return Group(
        overrides=without_seed(rows[0]["overrides"]),
        jobs=[row["index"] for row in rows],
        n=len(values),
        mean=statistics.fmean(values) if values else None,
        std=statistics.stdev(values) if len(values) > 1 else None,
        min=min(values, default=None),
        max=max(values, default=None),
        degenerate=any(map(degenerate, rows)),
    )


def _rank(value: float | None) -> float:
    return -2.0 if value is None else value  # below the least that an MCC can be, -1
