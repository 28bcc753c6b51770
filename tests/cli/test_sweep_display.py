"""A sweep on stderr: a table for a person and lines for a log while it runs, and its end."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from colactl.cli import sweep_display
from colactl.cli.output import Output
from colactl.cli.sweep_display import Live
from colactl.runs.create import create
from colactl.sweeping.results.files import save_results
from colactl.sweeping.results.progress import Watcher
from colactl.sweeping.results.rows import Row
from tests.made_sweeps import made_run, made_sweep, result
from tests.terminal import Terminal


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_display, "INTERVAL", 0.01)


@pytest.fixture
def sweep() -> Path:
    return made_sweep(Path("a"), [(f"optimizer.lr=0.{index} seed=3", None) for index in range(1, 5)])


class Looks:
    """Reads as a watcher does, and lets a test wait until that has been done anew."""

    def __init__(self, read: Callable[[], list[Row]]) -> None:
        self.read = read
        self.begun = 0

    def __call__(self) -> list[Row]:
        self.begun += 1
        return self.read()

    def wait(self) -> None:
        target, deadline = self.begun + 2, time.monotonic() + 10  # the first of them may have begun before
        while self.begun < target:
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_in_a_log_a_line_for_each_job_that_ends(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    looks = Looks(Watcher(sweep))
    with Live(Output(), looks) as table:
        looks.wait()
        made_run(sweep / "0", ["optimizer.lr=0.1"], result(0.25))
        looks.wait()
        looks.wait()
        made_run(sweep / "1", ["optimizer.lr=0.2"], ValueError("odd"))
        looks.wait()
        table.talk("said")
        made_run(sweep / "2", ["optimizer.lr=0.3"], result(0.5))  # the last look is after the end
    assert log.getvalue().splitlines() == [
        "1 of 4 done, best MCC 0.250 (job 0)",
        "1 of 4 done, 1 failed, best MCC 0.250 (job 0)",
        "said",
        "2 of 4 done, 1 failed, best MCC 0.500 (job 2)",
    ]


def test_a_person_sees_a_table(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Terminal(monkeypatch)) as screen:
        stdout, looks = sys.stdout, Looks(Watcher(sweep))
        with Live(Output(), looks, slots=1) as table:
            made_run(sweep / "0", ["optimizer.lr=0.1"], result(0.25))
            run = create(sweep / "1")
            with run.recording():
                looks.wait()
                shown = screen.shown()
                table.talk("said")
                assert sys.stdout is stdout
                run.complete(result(0.125))
            made_run(sweep / "2", ["optimizer.lr=0.3"], ValueError("odd"))
            looks.wait()
            later = screen.shown()
    assert "1 of 4 done, best MCC 0.250 (job 0), 1 running, 2 pending" in shown
    assert " left" in shown
    assert re.search(r"1 +0:00:\d\d +optimizer.lr=0.2", shown)
    assert "seed=3" not in shown  # it tells no job from another
    assert "said" in later
    assert "2 of 4 done, 1 failed, best MCC 0.250 (job 0), 0 running, 1 pending" in later


@pytest.mark.parametrize("why", ["quiet", "no stderr"])
def test_silence(sweep: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    with closing(Terminal(monkeypatch)) as screen:
        if why == "no stderr":
            monkeypatch.setattr(sys, "stderr", None)
        with Live(Output(quiet=why == "quiet"), Watcher(sweep)) as table:
            made_run(sweep / "0", ["optimizer.lr=0.1"], result(0.25))
            table.talk("said")
        assert screen.shown() == ""


def test_no_error_of_its_own_reaches_the_sweep(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    watch, broken = Watcher(sweep), [OSError("gone"), ValueError("half a file")]

    def read() -> list[Row]:
        if broken:
            raise broken.pop()
        return watch()

    with Live(Output(), looks := Looks(read)):
        looks.wait()
        looks.wait()
        made_run(sweep / "0", ["optimizer.lr=0.1"], result(0.25))
    assert log.getvalue() == "1 of 4 done, best MCC 0.250 (job 0)\n"


def test_the_sweeps_own_error_comes_through(sweep: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Live(Output(), Watcher(sweep)):
        raise KeyboardInterrupt


def test_a_sweep_is_concluded(capsys: pytest.CaptureFixture[str]) -> None:
    folder = made_sweep(Path("a"), [("optimizer.lr=0.1", result(0.1)), ("optimizer.lr=0.2", result(0.2))])
    found = save_results(folder, Output().talk)
    sweep_display.show_end(found, Output())
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split()[0] for line in shown.err.splitlines()] == ["job", "1", "0", "best:"]
    assert {"results.csv", "results.json", "plots"} <= {file.name for file in folder.iterdir()}
    assert (folder / "plots" / "optimizer.lr.png").exists()
    assert [job.index for job in found.jobs] == [0, 1]


def test_of_very_many_jobs_the_best_are_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_display, "MOST_ENDED", 2)
    folder = made_sweep(Path("a"), [(f"seed={index}", result(index / 10)) for index in range(4)])
    (folder / "plots").write_text("in the way")
    sweep_display.show_end(save_results(folder, Output().talk), Output())
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["3", "2"]
    assert lines[4] == "and 2 more, in a/results.csv"
    assert lines[-2] == "best: job 3, MCC 0.300, a/3"
    assert lines[-1] == "best over seeds: job 0 and its like, mean MCC 0.150 of 4"
    assert lines[0].startswith("The plots could not be drawn: ")
