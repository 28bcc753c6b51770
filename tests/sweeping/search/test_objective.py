"""What a search was for is what its jobs compare by, wherever they are compared."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from colactl.cli import sweep_display
from colactl.cli.app import app
from colactl.cli.output import Output
from colactl.cli.sweep_display import Live
from colactl.sweeping.objective import Objective
from colactl.sweeping.results.compare import Row, best_first
from colactl.sweeping.results.files import leave
from colactl.sweeping.results.ledger import Watcher
from colactl.sweeping.results.plots import draw
from colactl.sweeping.search.frozen import Search
from colactl.sweeping.search.options import Options
from tests.made_sweeps import made_run, made_sweep, result

FIGURES = [(0.1, 0.3, 900.0), (0.9, 0.7, 500.0), (0.5, 0.5, 100.0), (0.0, 0.1, float("nan"))]  # MCC, loss, sentences


def made_search(folder: Path, objective: str) -> Path:
    """A search whose jobs have figures that rank them differently; the last one has failed."""
    outcomes = [result(mcc) | {"loss": loss, "sentences_per_second": speed} for mcc, loss, speed in FIGURES]
    jobs = [
        (f"optimizer.lr=0.{at // 2} seed={at % 2} model=bert", outcome) for at, outcome in enumerate(outcomes[:3], 2)
    ]
    made_sweep(folder, [*jobs, ("optimizer.lr=0.2 seed=1 model=bert", ValueError("odd"))])
    Search(Options(4, objective=objective), "ours", 0, None, (), ()).write(folder)
    return folder.absolute()


@pytest.mark.parametrize(
    ("objective", "best", "order", "mean"),
    [
        ("loss", "best: job 0, loss 0.300", ["0", "2", "1", "3"], "loss"),
        ("mcc", "best: job 1, MCC 0.900", ["1", "2", "0", "3"], "MCC"),
        (
            "sentences_per_second",
            "best: job 0, sentences per second 900.0",
            ["0", "1", "2", "3"],
            "sentences per second",
        ),
    ],
)
def test_the_best_of_a_search(objective: str, best: str, order: list[str], mean: str) -> None:
    folder = made_search(Path("mine"), objective)
    shown = CliRunner().invoke(app, ["runs", "mine"]).stdout
    assert f"\n{best}, mine/" in shown
    assert [line.split()[0] for line in shown.splitlines() if line.partition(" ")[0].isdigit()] == order
    assert f"mean {mean}" in shown
    told = json.loads(CliRunner().invoke(app, ["runs", "mine", "--json"]).stdout)
    assert (told["objective"], told["best"]) == (objective, int(order[0]))
    assert told["direction"] == ("minimize" if objective == "loss" else "maximize")
    found = leave(folder, print)
    assert json.loads((folder / "results.json").read_text()) == told
    (first, *_) = csv.DictReader((folder / "results.csv").read_text().splitlines())
    assert first[objective] == str(found.jobs[0]["result"][objective])


def test_groups_and_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    folder = made_search(Path("mine"), "loss")
    found = leave(folder, print)
    assert [(group.jobs, group.mean, group.min) for group in found.groups] == [
        ([0, 1], pytest.approx(0.5), 0.3),
        ([2, 3], 0.5, 0.5),
    ]
    shutil.rmtree(folder / "3")
    made_run(folder / "3", ["optimizer.lr=0.2", "seed=1", "model=bert"], result(-1.0) | {"loss": 0.01})
    sweep_display.show_end(leave(folder, print), Output())
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2] == "best: job 3, loss 0.010, mine/3"
    assert lines[-1] == "best over seeds: optimizer.lr=0.2 model=bert, mean loss 0.255 of 2"
    heading = next(number for number, line in enumerate(lines) if line.startswith("but for the seed"))
    assert lines[heading + 1].startswith("optimizer.lr=0.2 ")


def test_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_display, "INTERVAL", 0.01)
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    folder = made_sweep(Path("mine"), [("seed=0", None)])
    looks: list[int] = []

    def look() -> list[Row]:
        looks.append(1)
        return Watcher(folder)()

    with Live(Output(), look, objective=Objective("loss")):
        while len(looks) < 2:
            time.sleep(0.005)
        made_run(folder / "0", ["seed=0"], result(0.25) | {"loss": 0.125})
    assert log.getvalue() == "1 of 1 done, best loss 0.125 (job 0)\n"


def test_the_pictures_show_it(tmp_path: Path) -> None:
    folder = made_search(tmp_path / "mine", "loss")
    found = leave(folder, print)
    draw(tmp_path / "other", found.jobs, found.groups)
    for name in ("optimizer.lr.png", "seed.png"):
        assert (folder / "plots" / name).read_bytes() != (tmp_path / "other" / name).read_bytes()


def test_what_has_no_figure_is_never_the_best() -> None:
    rows = [
        {"index": at, "overrides": [], "status": "done", "result": {"loss": loss}}
        for at, loss in enumerate([None, float("nan"), 0.5, 2])
    ]
    assert [row["index"] for row in best_first(rows, Objective("loss"))] == [2, 3, 0, 1]
