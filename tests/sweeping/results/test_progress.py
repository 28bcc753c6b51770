"""A sweep while it runs: its rows, how far it is and how long it will take, on a clock of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from colactl.runs.run import Run
from colactl.sweeping.results.compare import Objective
from colactl.sweeping.results.progress import Progress, Tracker, Watcher
from colactl.sweeping.results.rows import Row, read_rows
from tests.made_sweeps import made_run, result


def test_a_watcher_reads_what_is_done_once(seeds: Path) -> None:
    watch = Watcher(seeds)
    assert watch() == read_rows(seeds)
    (seeds / "0" / "result.json").unlink()
    assert read_rows(seeds)[0].status != "done"
    assert watch()[0].result == result(0.5)
    with Run(seeds / "2").recording():  # tried again
        assert watch()[2].status == "running"
        Run(seeds / "2").complete(result(0.9))
    made_run(seeds / "4", ["seed=2"], result(0.1))
    assert [row.status for row in watch()] == ["done"] * 5 + ["interrupted"]


class Sweep:
    """Rows and a clock that a test moves."""

    def __init__(self, statuses: str, slots: int | None = None, seconds: float = 10.0) -> None:
        self.now = 1000.0
        self.seconds = seconds
        self.track = Tracker(slots, lambda: self.now)
        self.look(statuses, 0.0)

    def look(self, statuses: str, after: float) -> Progress:
        """Each letter is a job's status: p, r, d, f or i."""
        self.now += after
        return self.track([self.row(index, letter) for index, letter in enumerate(statuses)])

    def row(self, index: int, letter: str) -> Row:
        names = {"p": "pending", "r": "running", "d": "done", "f": "failed", "i": "interrupted"}
        done = result(index / 10, seconds=self.seconds) if letter == "d" else None
        return Row(index, status=names[letter], result=done)


def counts(progress: Progress) -> tuple[int, int, int, int]:
    return progress.done, progress.failed, len(progress.running), progress.pending


def test_counts_and_the_best() -> None:
    now = Sweep("pppppp").look("ddfrpi", 5)
    assert counts(now) == (2, 2, 1, 1)
    assert now.best is not None
    assert now.best.index == 1
    assert now.jobs == 6


def test_the_best_of_a_search() -> None:
    rows = [Row(index, status="done", result=result(index) | {"loss": index / 10}) for index in range(3)]
    now = Tracker(objective=Objective("loss"))(rows)
    assert now.best == rows[0]


def test_the_time_left_is_exact_for_jobs_of_equal_length() -> None:
    sweep = Sweep("pppppp", slots=2)
    assert sweep.look("rrpppp", 0).seconds_left is None
    assert sweep.look("rrpppp", 59).seconds_left is None
    assert sweep.look("ddrrpp", 1).seconds_left == pytest.approx(120)
    assert sweep.look("ddrrpp", 30).seconds_left == pytest.approx(90)
    assert sweep.look("ddfdrr", 30).seconds_left == pytest.approx(60)
    now = sweep.look("ddfdrr", 59)
    assert now.seconds_left == pytest.approx(1)
    assert [seconds for _, seconds in now.running] == [59, 59]
    assert sweep.look("ddfddd", 1).seconds_left == 0


def test_as_many_run_at_once_as_were_seen_running() -> None:
    sweep = Sweep("pppp")
    sweep.look("rrpp", 0)
    assert sweep.look("ddpp", 60).seconds_left == pytest.approx(60)


def test_jobs_too_short_to_be_seen_running() -> None:
    assert Sweep("p" * 10).look("d" * 4 + "p" * 6, 2).seconds_left == pytest.approx(3)


def test_what_an_earlier_start_left_undone_is_still_to_do() -> None:
    sweep = Sweep("dfi", slots=1, seconds=40.0)
    now = sweep.look("dfi", 1)
    assert counts(now) == (1, 0, 0, 2)
    assert now.seconds_left == pytest.approx(80)  # by the earlier one's figures
    assert counts(sweep.look("dri", 1)) == (1, 0, 1, 1)
    now = sweep.look("dfi", 8)
    assert counts(now) == (1, 1, 0, 1)  # it has failed again, since this start
    assert now.seconds_left == pytest.approx(10)
    assert counts(sweep.look("dfd", 10)) == (2, 1, 0, 0)
