"""colactl runs: a sweep's jobs and any folder's runs, for people and programs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import Result

from colactl.cli.output import Output
from colactl.cli.runs import tables
from colactl.errors import DataError
from colactl.runs.run import Run
from colactl.sweeping.results.files import save_results
from tests.made_sweeps import made_run, made_sweep, result
from tests.terminal import invoke, refused


@pytest.fixture
def sweep() -> Path:
    return made_sweep(
        Path("multirun/a"),
        [
            ("optimizer.lr=0.1 seed=1 data=cola", result(0.2)),
            ("optimizer.lr=0.1 seed=2 data=cola", result(0.4)),
            ("optimizer.lr=0.2 seed=1 data=cola", result(0.0, degenerate=True)),
            ("optimizer.lr=0.2 seed=2 data=cola", DataError("No data [here].")),
        ],
    )


def runs(*arguments: str | Path) -> Result:
    return invoke("runs", *arguments)


def jobs_of(*arguments: str | Path) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = json.loads(runs(*arguments, "--json").stdout)["jobs"]
    return jobs


def test_a_sweeps_table(sweep: Path) -> None:
    before = sorted(Path().rglob("*"))
    done = runs(sweep)
    assert done.exit_code == 0
    jobs, groups, best = done.stdout.partition("but for the seed")[0], *done.stdout.partition("best: ")[::2]
    lines = [line.split() for line in jobs.splitlines()]
    assert lines[0] == ["job", "overrides", "status", "MCC", "accuracy", "seconds", "folder"]
    assert lines[1] == ["1", "optimizer.lr=0.1", "seed=2", "done", "0.400", "0.750", "10.0", "multirun/a/1"]
    assert lines[3][3:6] == ["done,", "degenerate", "0.000"]
    assert [line[0] for line in lines[1:5]] == ["1", "0", "2", "3"]
    assert "No data [here]." in jobs
    assert "optimizer.lr=0.1  2     0.300  0.141  0.200  0.400  0, 1\n" in groups
    assert "optimizer.lr=0.2  1     0.000         0.000  0.000  2, 3 (degenerate)\n" in groups
    assert best.splitlines()[0] == "job 1, MCC 0.400, multirun/a/1"
    assert "best over seeds: optimizer.lr=0.1 data=cola, mean MCC 0.300 of 2" in best
    assert sorted(Path().rglob("*")) == before


def test_a_folder_elsewhere_is_named_whole(sweep: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"best: job 1, MCC 0.400, {sweep / '1'}" in " ".join(runs(sweep).stdout.splitlines())


def test_json_is_the_sweeps_own(sweep: Path) -> None:
    told = json.loads(runs(sweep, "--json", "--quiet").stdout)
    assert set(told) == {"folder", "jobs", "groups"}
    assert told["folder"] == str(sweep)
    assert [job["index"] for job in told["jobs"]] == [0, 1, 2, 3]
    assert (told["jobs"][3]["exit_code"], told["jobs"][3]["error"]) == (3, "No data [here].")
    assert set(told["jobs"][0]) == {
        *("index", "overrides", "status", "exit_code", "signal", "error", "folder", "result"),
    }
    assert [group["jobs"] for group in told["groups"]] == [[0, 1], [2, 3]]


def test_every_run_below_a_folder(sweep: Path) -> None:
    made_run(Path("outputs/b/2"), ["seed=1"], result(0.3))
    made_run(Path("outputs/b/10"), ["seed=2"], result(0.1))
    made_run(Path("outputs/b/2/inside"), [], result(0.9))  # nothing in a run is another
    made_run(sweep / "own", ["seed=9"], result(0.7))  # beside the sweep's jobs
    for name, text in {"list": "[1]", "other": '{"status": "green"}', "broken": "{", "odd": "[2]"}.items():
        Path(name).mkdir()
        (Path(name) / ("result.json" if name == "odd" else "status.json")).write_text(text)
    told = json.loads(runs(".", "--json").stdout)
    folders = [str(Path(job["folder"]).relative_to(Path.cwd())) for job in told["jobs"]]
    assert folders == [*(f"multirun/a/{name}" for name in "0123"), "multirun/a/own", "outputs/b/10", "outputs/b/2"]
    assert [job["index"] for job in told["jobs"]] == list(range(7))
    assert told["jobs"][0]["overrides"] == ["optimizer.lr=0.1", "seed=1", "data=cola"]
    assert told["groups"][-1]["jobs"] == [4, 5, 6]
    table = runs(".").stdout
    assert table.index("outputs/b/10") < table.index("outputs/b/2")


def test_a_single_run_is_a_folder_of_one() -> None:
    made_run(Path("mine"), ["seed=1"], result(0.3))
    assert [job["folder"] for job in jobs_of("mine")] == [str(Path("mine").absolute())]


def test_while_it_runs_and_after_it_was_killed(sweep: Path) -> None:
    with Run(sweep / "3").recording():
        assert jobs_of(sweep)[3]["status"] == "running"
    (sweep / "3" / "status.json").write_text('{"status": "running"}')  # as a kill leaves it
    done = runs(sweep)
    assert done.exit_code == 0
    assert "interrupted" in done.stdout


@pytest.mark.parametrize(
    ("name", "why"), [("empty", "holds no run"), ("nope", "is no folder"), ("file", "is no folder")]
)
def test_a_folder_without_runs(name: str, why: str) -> None:
    Path("empty/below").mkdir(parents=True)
    Path("file").write_text("")
    assert why in refused("runs", name)


def test_a_sweep_of_another_program() -> None:
    made_run(Path("project/run"), ["seed=1"], result(0.5))
    Path("project/sweep.yaml").write_text("program: train.py\nmethod: bayes\n")  # as W&B's are
    assert "MCC 0.500" in runs("project").stdout


def test_a_run_of_another_program_of_hydras() -> None:
    made_run(Path("runs/ours"), ["seed=1"], result(0.5))
    Path("runs/theirs/.hydra").mkdir(parents=True)
    Path("runs/theirs/status.json").write_text('{"status": "finished"}')
    (job,) = jobs_of("runs")
    assert Path(job["folder"]).name == "ours"


@pytest.mark.parametrize("name", ["result.json", "status.json"])
def test_one_damaged_file_hides_no_other_job(sweep: Path, name: str) -> None:
    for index in (1, 3):
        (sweep / str(index) / name).write_text('{"mcc": ')
    jobs = jobs_of(sweep)
    ends = ["done", "failed", "done", "failed"] if name == "result.json" else ["done", "done", "done", "failed"]
    assert [job["status"] for job in jobs] == ends
    damage = f"{name} is not as colactl wrote it: Expecting value: line 1 column 9 (char 8)."
    assert [job["error"] for job in jobs] == [None, damage, None, damage]
    assert jobs[1]["result"] == (None if name == "result.json" else result(0.4))
    assert "is not as colactl wrote it" in runs(sweep).stdout
    (sweep / "sweep.yaml").unlink()  # its runs alone
    assert [job["error"] for job in jobs_of(sweep)] == [
        None,
        damage,
        None,
        damage,
    ]


def test_overrides_that_were_damaged(sweep: Path) -> None:
    (sweep / "sweep.yaml").unlink()
    (sweep / "0" / ".hydra" / "overrides.yaml").write_text("a: [")
    first = jobs_of(sweep)[0]
    assert (first["status"], first["overrides"]) == ("done", [])
    assert first["error"].startswith(".hydra/overrides.yaml:1 is not YAML")


def test_a_file_that_cannot_be_read_is_told_too(sweep: Path) -> None:
    (sweep / "0" / "result.json").unlink()
    (sweep / "0" / "result.json").mkdir()
    assert jobs_of(sweep)[0]["error"] == "result.json cannot be read: Is a directory."


@pytest.mark.parametrize("folder", [".", "multirun/a"])
@pytest.mark.parametrize("cut", [False, True])
def test_a_plan_that_was_lost_or_damaged_is_told(sweep: Path, folder: str, cut: bool) -> None:
    lines = (sweep / "planned.jsonl").read_text()
    told = without_plan(sweep, lines[: lines.index("\n") + 20] if cut else None)
    done = runs(folder, "--json")
    assert told in done.stderr
    if cut and folder != ".":
        assert (done.exit_code, done.stdout) == (2, "")
    else:
        assert [job["folder"] for job in json.loads(done.stdout)["jobs"]] == [str(sweep / name) for name in "0123"]


def without_plan(sweep: Path, lines: str | None) -> str:
    """Spoils the plan of a real one's definition; the sentence that tells of it."""
    (sweep / "sweep.yaml").write_text("overrides: []\nconfig_name: config\nconfig_dirs: []\ndirectory: /\n")
    (sweep / "planned.jsonl").unlink()
    if lines is None:
        return f"{sweep}/sweep.yaml is there and planned.jsonl is not. Of this sweep only the runs"
    (sweep / "planned.jsonl").write_text(lines)
    return f"{sweep}/planned.jsonl:2: a planned job is not as colactl wrote it: Unterminated string"


def test_a_narrow_terminal_breaks_no_number() -> None:
    folder = made_sweep(Path("a"), [("optimizer.lr=0.1", result(0.123, seconds=321.5)), ("optimizer.lr=0.2", None)])
    shown = io.StringIO()
    narrow = Console(file=shown, width=40)
    for part in tables(save_results(folder, Output().talk), best_first=False):
        narrow.print(part)
    assert {"0.123", "0.750", "321.5"} <= set(shown.getvalue().split())
