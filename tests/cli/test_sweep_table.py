"""The end of a sweep: what is shown and what is left in its folder."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from colactl.cli import sweep_display
from colactl.cli.output import Output
from colactl.cli.runs import tables
from colactl.sweeping.results.files import save_results
from tests.made_sweeps import made_sweep, result


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


def test_a_narrow_terminal_breaks_no_number() -> None:
    folder = made_sweep(Path("a"), [("optimizer.lr=0.1", result(0.123, seconds=321.5)), ("optimizer.lr=0.2", None)])
    shown = io.StringIO()
    narrow = Console(file=shown, width=40)
    for part in tables(save_results(folder, Output().talk), best_first=False):
        narrow.print(part)
    assert {"0.123", "0.750", "321.5"} <= set(shown.getvalue().split())
