"""What a sweep leaves of its results, and that a search's are by what it was for, wherever they are shown."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from colactl.cli.app import app
from colactl.cli.output import Output
from colactl.cli.sweep_display import show_end
from colactl.sweeping.results.files import save_results
from colactl.sweeping.results.plots import draw
from colactl.sweeping.search.definition import Options, Search
from tests.made_sweeps import made_run, made_sweep, result

VALUES = [(0.1, 0.3, 900.0), (0.9, 0.7, 500.0), (0.5, 0.5, 100.0)]  # MCC, loss, sentences per second


def made_search(folder: Path, objective: str) -> Path:
    """A search whose jobs are ranked differently by each metric; the last one has failed."""
    results = [result(mcc) | {"loss": loss, "sentences_per_second": speed} for mcc, loss, speed in VALUES]
    jobs = [(f"optimizer.lr=0.{at // 2} seed={at % 2} model=bert", ended) for at, ended in enumerate(results, 2)]
    made_sweep(folder, [*jobs, ("optimizer.lr=0.2 seed=1 model=bert", ValueError("odd"))])
    Search(Options(4, objective=objective), "ours", 0, None, (), ()).write(folder)
    return folder.absolute()


def test_the_csv_has_a_column_for_each_swept_parameter() -> None:
    done_and_degenerate = ("model=bert optimizer.lr=1e-3", result(0.5, degenerate=True))
    folder = made_sweep(Path("a"), [done_and_degenerate, ("model=bert optimizer.lr=null", ValueError('No "file"'))])
    save_results(folder, pytest.fail)
    assert (folder / "results.csv").read_text().splitlines() == [
        "index,optimizer.lr,status,mcc,accuracy,f1,loss,seconds,degenerate,exit_code,signal,error,folder",
        f"0,0.001,done,0.5,0.75,0.8,0.5,10.0,True,0,,,{folder / '0'}",
        f'1,null,failed,,,,,,,1,,"No ""file""",{folder / "1"}',
    ]


def test_results_json_is_what_json_prints(seeds: Path) -> None:
    results = save_results(seeds, print)
    content = json.loads((seeds / "results.json").read_text())
    assert content == json.loads(json.dumps(results.as_json()))
    assert list(content) == ["folder", "jobs", "groups"]
    assert list(content["jobs"][0]) == [
        *("index", "overrides", "status", "exit_code", "signal", "error", "folder", "result"),
    ]


def test_results_that_cannot_be_written_are_returned_all_the_same(seeds: Path) -> None:
    (seeds / "results.csv").mkdir()
    warnings: list[str] = []
    assert len(save_results(seeds, warnings.append).jobs) == 6
    assert [text.partition(":")[0] for text in warnings] == ["The results could not be written"]


def test_no_plot_costs_the_results(seeds: Path) -> None:
    (seeds / "plots").write_text("in the way")
    warnings: list[str] = []
    save_results(seeds, warnings.append)
    assert len(warnings) == 1
    assert "plots could not be drawn" in warnings[0]
    assert (seeds / "results.csv").read_text().count("\n") == 7
    assert (seeds / "results.json").exists()


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
    printed = json.loads(CliRunner().invoke(app, ["runs", "mine", "--json"]).stdout)
    assert (printed["objective"], printed["best"]) == (objective, int(order[0]))
    assert printed["direction"] == ("minimize" if objective == "loss" else "maximize")
    results = save_results(folder, print)
    assert json.loads((folder / "results.json").read_text()) == printed
    (first, *_) = csv.DictReader((folder / "results.csv").read_text().splitlines())
    assert first[objective] == str(results.jobs[0].value(objective))


def test_the_end_of_a_search(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = made_search(Path("mine"), "loss")
    results = save_results(folder, print)
    assert [(group.jobs, group.mean, group.min) for group in results.groups] == [
        ([0, 1], pytest.approx(0.5), 0.3),
        ([2, 3], 0.5, 0.5),
    ]
    draw(tmp_path / "by_mcc", results.jobs, results.groups)
    for name in ("optimizer.lr.png", "seed.png"):
        assert (folder / "plots" / name).read_bytes() != (tmp_path / "by_mcc" / name).read_bytes()
    shutil.rmtree(folder / "3")
    made_run(folder / "3", ["optimizer.lr=0.2", "seed=1", "model=bert"], result(-1.0) | {"loss": 0.01})
    show_end(save_results(folder, print), Output())
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2] == "best: job 3, loss 0.010, mine/3"
    assert lines[-1] == "best over seeds: optimizer.lr=0.2 model=bert, mean loss 0.255 of 2"
    heading = next(number for number, line in enumerate(lines) if line.startswith("but for the seed"))
    assert lines[heading + 1].startswith("optimizer.lr=0.2 ")
