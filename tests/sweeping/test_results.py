"""What became of a sweep: read back, compared, and written for programs."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from colactl.errors import ConfigError, DataError
from colactl.runs.run import Run
from colactl.sweeping.objective import MCC
from colactl.sweeping.results.compare import best, best_group, groups
from colactl.sweeping.results.files import write
from colactl.sweeping.results.ledger import Results, Watcher, read
from tests.made_sweeps import made_run, made_sweep, result

FAILED = DataError('No such "file",\nreally.')


@pytest.fixture
def sweep() -> Path:
    return made_sweep(
        Path("multirun/a"),
        [
            ("optimizer.lr=1e-3 seed=1", result(0.5)),
            ("optimizer.lr=1e-3 seed=2", result(0.2)),
            ("optimizer.lr=1e-3 seed=3", FAILED),
            ("optimizer.lr=0.1 seed=1", result(0.0, degenerate=True)),
            ("optimizer.lr=0.1 seed=2", None),
            ("optimizer.lr=0.1 seed=3", KeyboardInterrupt()),
        ],
    )


def test_the_rows(sweep: Path) -> None:
    rows = read(sweep)
    assert [row["status"] for row in rows] == ["done", "done", "failed", "done", "pending", "interrupted"]
    assert [row["exit_code"] for row in rows] == [0, 0, 3, 0, None, 130]
    assert rows[2]["error"] == 'No such "file",'
    assert [row["folder"] for row in rows] == [str(sweep / str(index)) for index in range(6)]
    assert rows[0]["result"]["mcc"] == 0.5


def test_jobs_that_differ_only_in_their_seed_are_a_group(sweep: Path) -> None:
    first, second = Results.of(sweep, read(sweep)).as_json()["groups"]
    spread = math.sqrt((0.15**2 + 0.15**2) / (2 - 1))
    assert first == {
        "overrides": ["optimizer.lr=1e-3"],
        "jobs": [0, 1, 2],
        "n": 2,
        "mean": pytest.approx(0.35),
        "std": pytest.approx(spread),
        "min": 0.2,
        "max": 0.5,
        "degenerate": False,
    }
    assert (second["jobs"], second["n"], second["mean"], second["std"]) == ([3, 4, 5], 1, 0.0, None)
    assert second["degenerate"]


def test_groups_are_made_by_what_the_configs_say() -> None:
    rows = read(
        made_sweep(
            Path("same"), [("optimizer.lr=1e-3 seed=1", result(0.1)), ("optimizer.lr=0.001 seed=2", result(0.3))]
        )
    )
    assert [group.jobs for group in groups(rows)] == [[0, 1]]
    runs = [
        made_run(Path("runs/a"), ["model=bert"], result(0.1), seed=1),
        made_run(Path("runs/b"), ["model=bert"], result(0.1), seed=2),
        made_run(Path("runs/c"), ["model=bert"], result(0.1), seed=2, data="mine"),
    ]
    apart = [
        row | {"index": 5 + at, "folder": str(run.folder)}
        for at, (row, run) in enumerate(zip([rows[0]] * 3, runs, strict=True))
    ]
    assert [group.jobs for group in groups(apart)] == [[5, 6], [7]]


def test_a_value_that_follows_the_seed_parts_no_group() -> None:
    overrides = ["processing.order=${seed}", "seed=1"], ["processing.order=${seed}", "seed=2"]
    rows = []
    for index, texts in enumerate(overrides):
        run = made_run(Path(str(index)), texts, result(0.5))
        run.write_config(run.config)  # resolved
        rows.append(
            {"index": index, "overrides": texts, "status": "done", "folder": str(run.folder), "result": run.result}
        )
    assert [group.jobs for group in groups(rows)] == [[0, 1]]


def test_the_best_is_done_and_its_figure_is_a_number(sweep: Path) -> None:
    rows = read(sweep)
    for row, value in (
        (rows[3], math.nan),
        (rows[4], 0.9),
    ):  # diverged; and one that was stopped as it wrote its result
        row["result"] = result(value)
    assert [MCC.of(row) for row in rows] == [0.5, 0.2, None, None, None, None]
    top = best(rows)
    assert top is not None
    assert top["index"] == 0
    group = best_group(groups(rows))
    assert group is not None
    assert group.jobs == [0, 1, 2]
    assert best(rows[2:]) is None
    assert best_group(groups(rows[:1])) is None  # a single job is no group to compare


def test_the_csv_has_a_column_for_each_swept_parameter() -> None:
    done_and_degenerate = ("model=bert optimizer.lr=1e-3", result(0.5, degenerate=True))
    folder = made_sweep(Path("a"), [done_and_degenerate, ("model=bert optimizer.lr=null", FAILED)])
    assert write(Results.of(folder, read(folder))) is None
    with (folder / "results.csv").open(newline="") as file:
        done, failed = csv.DictReader(file)
    ends = ["exit_code", "signal", "error", "folder"]
    figures = ["mcc", "accuracy", "f1", "loss", "seconds", "degenerate"]
    assert list(done) == ["index", "optimizer.lr", "status", *figures, *ends]
    assert [done[name] for name in ("index", "optimizer.lr", "status", *figures)] == [
        *("0", "0.001", "done", "0.5", "0.75", "0.8", "0.5", "10.0", "True"),
    ]
    assert (failed["optimizer.lr"], failed["mcc"], failed["degenerate"]) == ("null", "", "")
    assert [failed[name] for name in ends] == ["3", "", 'No such "file",', str(folder / "1")]


def test_results_json_is_what_json_prints(sweep: Path) -> None:
    found = Results.of(sweep, read(sweep))
    write(found)
    assert json.loads((sweep / "results.json").read_text()) == json.loads(json.dumps(found.as_json()))
    assert set(found.as_json()) == {"folder", "jobs", "groups"}


def test_no_picture_costs_the_results(sweep: Path) -> None:
    (sweep / "plots").write_text("in the way")
    trouble = write(Results.of(sweep, read(sweep)))
    assert trouble is not None
    assert "plots could not be drawn" in trouble
    assert (sweep / "results.csv").read_text().count("\n") == 7
    assert (sweep / "results.json").exists()


def test_a_watcher_reads_what_is_done_once(sweep: Path) -> None:
    watch = Watcher(sweep)
    assert watch() == read(sweep)
    (sweep / "0" / "result.json").unlink()
    assert read(sweep)[0]["status"] != "done"
    assert watch()[0]["result"] == result(0.5)
    with Run(sweep / "2").recording():  # tried again
        assert watch()[2]["status"] == "running"
        Run(sweep / "2").complete(result(0.9))
    made_run(sweep / "4", ["seed=2"], result(0.1))
    assert [row["status"] for row in watch()] == ["done"] * 5 + ["interrupted"]


def test_a_sweep_that_is_none() -> None:
    with pytest.raises(ConfigError, match="holds no sweep"):
        read(Path().absolute())
