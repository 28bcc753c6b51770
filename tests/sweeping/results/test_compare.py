"""Jobs compared: the best, the groups of seeds, and what a sweep varies."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from colactl.sweeping.results.compare import MCC, Objective, best, best_first, best_group, groups, swept
from colactl.sweeping.results.rows import Row, read_rows
from tests.made_sweeps import made_run, made_sweep, result


def test_jobs_that_differ_only_in_their_seed_are_a_group(seeds: Path) -> None:
    first, second = groups(read_rows(seeds))
    spread = math.sqrt((0.15**2 + 0.15**2) / (2 - 1))
    assert vars(first) == {
        "overrides": ["optimizer.lr=1e-3"],
        "jobs": [0, 1, 2],
        "n": 2,
        "mean": pytest.approx(0.35),
        "std": pytest.approx(spread),
        "min": 0.2,
        "max": 0.5,
        "degenerate": False,
    }
    assert (second.jobs, second.n, second.mean, second.std) == ([3, 4, 5], 1, 0.0, None)
    assert second.degenerate


def test_groups_are_made_by_what_the_configs_say() -> None:
    jobs = [("optimizer.lr=1e-3 seed=1", result(0.1)), ("optimizer.lr=0.001 seed=2", result(0.3))]
    rows = read_rows(made_sweep(Path("same"), jobs))
    assert [group.jobs for group in groups(rows)] == [[0, 1]]
    runs = [
        made_run(Path("runs/a"), ["model=bert"], result(0.1), seed=1),
        made_run(Path("runs/b"), ["model=bert"], result(0.1), seed=2),
        made_run(Path("runs/c"), ["model=bert"], result(0.1), seed=2, data="mine"),
    ]
    apart = [replace(rows[0], index=5 + at, folder=str(run.folder)) for at, run in enumerate(runs)]
    assert [group.jobs for group in groups(apart)] == [[5, 6], [7]]


def test_a_value_that_follows_the_seed_parts_no_group() -> None:
    rows = []
    for index in (0, 1):
        run = made_run(Path(str(index)), ["processing.order=${seed}", f"seed={index}"], result(0.5))
        run.write_config(run.config)  # resolved
        rows.append(Row(index, list(run.overrides), "done", folder=str(run.folder), result=run.result))
    assert [group.jobs for group in groups(rows)] == [[0, 1]]


def test_the_best_is_done_and_its_value_is_a_number(seeds: Path) -> None:
    rows = read_rows(seeds)
    rows[3] = replace(rows[3], result=result(math.nan))  # diverged
    rows[4] = replace(rows[4], result=result(0.9))  # was stopped as it wrote its result
    assert [MCC.of(row) for row in rows] == [0.5, 0.2, None, None, None, None]
    assert best(rows) == rows[0]
    assert best_group(groups(rows)) == groups(rows)[0]
    assert best(rows[2:]) is None
    assert best([]) is None
    assert best_group(groups(rows[:1])) is None  # a single job is no group to compare


def test_a_job_without_a_value_is_never_the_best() -> None:
    losses = [None, float("nan"), 0.5, 2]
    rows = [Row(index, status="done", result={"loss": loss}) for index, loss in enumerate(losses)]
    assert [row.index for row in best_first(rows, Objective("loss"))] == [2, 3, 0, 1]


def rows_of(*columns: list[str]) -> list[Row]:
    return [Row(index, list(overrides)) for index, overrides in enumerate(product(*columns))]


def test_values_that_are_the_same_written_otherwise_are_not_swept() -> None:
    columns = swept(rows_of(["+a=1e-3", "a=0.001"], ["b='x y'", 'b="x y"'], ["c=1", "c=1.0"], ["d=null", "d=[1,2]"]))
    assert list(columns) == ["c", "d"]
    assert columns["c"][:3] == [1, 1, 1.0]
    assert set(columns["d"]) == {"null", "[1,2]"}
    assert swept(rows_of(["a=1", "~a"])) == {"a": [1, "(deleted)"]}


def test_overrides_of_another_program_are_taken_as_they_are() -> None:
    assert swept(rows_of(["hydra.job.name=a", "hydra.job.name=b"])) == {"hydra.job.name": ["a", "b"]}
