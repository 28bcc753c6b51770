"""Jobs compared: what they compare by, which is best, what they vary, and which differ in nothing but their seed."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from colactl.errors import ConfigError
from colactl.runs.run import CONFIG, HYDRA
from colactl.schema.groups import METRICS, metric_name
from colactl.sweeping.results.rows import Row

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

# The numbers in a run's result.json.
OBJECTIVES = (
    *METRICS,
    *("epochs", "best_epoch", "steps", "train_sentences", "validation_sentences", "threads", "seconds"),
    *("sentences_per_second", "tokens_per_second", "padding_efficiency"),
)
MINIMISED = ("loss", "seconds")
SHARES = (*METRICS, "padding_efficiency")  # shown with three decimals, the others with one
SEED_LINE = re.compile(r"^seed:.*\n?", re.MULTILINE)  # the top level's: every other key of a YAML file is indented

Value = int | float | str | bool


@dataclass(frozen=True)
class Objective:
    """What is to be as good as possible.

    Attributes:
        metric: One of `OBJECTIVES`.
    """

    metric: str = "mcc"

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """What is better, less or more; in Optuna's words."""
        return "minimize" if self.metric in MINIMISED else "maximize"

    @property
    def name(self) -> str:
        """As it is shown."""
        return metric_name(self.metric)

    def of(self, row: Row) -> float | None:
        """A done job's value; None where it has none, as without a validation or where training diverged."""
        value = row.value(self.metric)
        if row.status != "done" or not isinstance(value, int | float):
            return None
        return float(value) if math.isfinite(value) else None

    def goodness(self, value: float | None) -> float:
        """The greater the better; nothing is worse than no value."""
        if value is None:
            return -math.inf
        return -value if self.direction == "minimize" else value

    def shown(self, value: float | None) -> str:
        """A value for the eye."""
        return "" if value is None else f"{value:.{3 if self.metric in SHARES else 1}f}"


MCC = Objective()


@dataclass(frozen=True)
class Group:
    """Jobs whose configs are the same but for the seed.

    Attributes:
        overrides: The first job's, without its seed.
        jobs: Their indices.
        n: How many of them are done and have a value of the objective; what follows is of these values.
        mean: None where n is 0.
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


def best_first(rows: Sequence[Row], objective: Objective = MCC) -> list[Row]:
    """Sorted by the objective; jobs without a value come last, in order."""
    return sorted(rows, key=lambda row: -objective.goodness(objective.of(row)))


def best(rows: Sequence[Row], objective: Objective = MCC) -> Row | None:
    """The job that is best by the objective, the first of equals; None where none has a value."""
    top = max(rows, key=lambda row: objective.goodness(objective.of(row)), default=None)
    return None if top is None or objective.of(top) is None else top


def best_group(groups: Sequence[Group], objective: Objective = MCC) -> Group | None:
    """The group with the best mean, if any group has several jobs."""
    measured = [group for group in groups if group.mean is not None]
    if not measured or all(len(group.jobs) < 2 for group in groups):
        return None
    return max(measured, key=lambda group: objective.goodness(group.mean))


def groups(rows: Sequence[Row], objective: Objective = MCC) -> list[Group]:
    """The rows' groups, in the order of their first jobs.

    Configs are compared, not overrides: 1e-3 and 0.001 are the same, and so are two experiments that differ in their
    seed. A job that has not started has no config yet; it goes with those that have its overrides.
    """
    configs = [_config(Path(row.folder)) for row in rows]
    overrides = [tuple(_without_seed(row.overrides)) for row in rows]
    known = {own: config for own, config in zip(overrides, configs, strict=True) if config is not None}
    members: dict[object, list[Row]] = {}
    for row, own, config in zip(rows, overrides, configs, strict=True):
        members.setdefault(config or known.get(own, own), []).append(row)
    return [_group(alike, objective) for alike in members.values()]


def shared(rows: Sequence[Row]) -> set[str]:
    """The overrides that all of several jobs have: they tell no job from another."""
    return set.intersection(*(set(row.overrides) for row in rows)) if len(rows) > 1 else set()


def swept(rows: Sequence[Row]) -> dict[str, list[Value | None]]:
    """The keys and groups whose value differs between jobs, in the order that they are first named in.

    Args:
        rows: The jobs.

    Returns:
        For each, its value in every job, in the jobs' order; None for a job that does not name it.
    """
    texts = list(dict.fromkeys(text for row in rows for text in row.overrides))
    parsed = dict(zip(texts, _parsed(texts), strict=True))
    jobs = [dict(parsed[text] for text in row.overrides) for row in rows]
    names = dict.fromkeys(name for job in jobs for name in job)
    columns = {name: [job.get(name) for job in jobs] for name in names}
    # By text, because 1 and 1.0 are one batch and all of them to some keys.
    return {name: values for name, values in columns.items() if len(set(map(repr, values))) > 1}


def _config(folder: Path) -> str | None:
    """A job's config without its seed: as composed, because an interpolation of the seed would differ when resolved."""
    for file in (folder / HYDRA / CONFIG, folder / CONFIG):
        try:
            return SEED_LINE.sub("", file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    return None


def _without_seed(overrides: Sequence[str]) -> list[str]:
    """The overrides but for that of the top-level `seed`."""
    return [text for text in overrides if text.lstrip("+").partition("=")[0].strip() != "seed"]


def _group(rows: list[Row], objective: Objective) -> Group:
    values = [value for row in rows if (value := objective.of(row)) is not None]
    return Group(
        overrides=_without_seed(rows[0].overrides),
        jobs=[row.index for row in rows],
        n=len(values),
        mean=statistics.fmean(values) if values else None,
        std=statistics.stdev(values) if len(values) > 1 else None,
        min=min(values, default=None),
        max=max(values, default=None),
        degenerate=any(row.degenerate for row in rows),
    )


def _parsed(texts: list[str]) -> list[tuple[str, Value]]:
    from colactl.composition.overrides import parse  # and so Hydra, which what only compares does without

    try:
        return [(override.get_key_element().lstrip("+~"), _value(override)) for override in parse(texts)]
    except ConfigError:  # a run that another program recorded
        return [(key, value) for key, _, value in (text.partition("=") for text in texts)]


def _value(override: Override) -> Value:
    from hydra.core.override_parser.types import QuotedString

    value: Any = override.value()
    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, int | float | str):
        return value
    return "(deleted)" if override.is_delete() else str(override.get_value_element_as_str())
