"""Jobs compared: which is best, and which differ in nothing but their seed."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from colactl.runs.run import CONFIG
from colactl.sweeping.objective import MCC, Objective

Row = dict[str, Any]  # a job, as `results.read` gives it

SEED_LINE = re.compile(r"^seed:.*\n?", re.MULTILINE)  # the top level's: every other key of a YAML file is indented


@dataclass(frozen=True)
class Group:
    """Jobs whose configs are the same but for the seed.

    Attributes:
        overrides: The first job's, without its seed.
        jobs: Their indices.
        n: How many of them are done and have the figure that the jobs compare by; what follows is theirs.
        mean: Of that figure, mostly the MCC; None where n is 0.
        std: The sample standard deviation (its divisor is n - 1); None where n is below 2.
        min: The lowest.
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


def degenerate(row: Row) -> bool:
    """Whether a job's model gave every sentence the same answer."""
    return bool((row["result"] or {}).get("degenerate"))


def best_first(rows: Sequence[Row], objective: Objective = MCC) -> list[Row]:
    """Sorted by the objective; jobs without its figure come last, in order."""
    return sorted(rows, key=lambda row: -objective.goodness(objective.of(row)))


def best(rows: Sequence[Row], objective: Objective = MCC) -> Row | None:
    """The job that is best by the objective, the first of equals; None where none has its figure."""
    return next((row for row in best_first(rows, objective)[:1] if objective.of(row) is not None), None)


def best_group(groups: Sequence[Group], objective: Objective = MCC) -> Group | None:
    """The group with the best mean, if any group has several jobs."""
    measured = [group for group in groups if group.mean is not None]
    if not measured or all(len(group.jobs) < 2 for group in groups):
        return None
    return max(measured, key=lambda group: objective.goodness(group.mean))


def groups(rows: Sequence[Row], objective: Objective = MCC) -> list[Group]:
    """The rows' groups, in the order of their first jobs."""
    return [_group(members, objective) for members in _members(rows)]


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


def _group(rows: list[Row], objective: Objective) -> Group:
    values = [value for row in rows if (value := objective.of(row)) is not None]
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
