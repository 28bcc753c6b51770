"""Runs, sweeps and searches that earlier releases made: they resume, rerun, evaluate and predict; see README.md."""

from __future__ import annotations

import csv
import json
import subprocess
import tarfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from typer.testing import CliRunner, Result

from colactl.cli.app import app
from tests.compatibility.__main__ import PROJECT, SENTENCES

HERE = Path(__file__).parent
RELEASES = [file.name.removesuffix(".tar.xz") for file in sorted(HERE.glob("*.tar.xz"))]
STEPS = [str(step) for step in range(9, 80, 10)]  # of which the training loss is logged
MARK = "12345.5"  # a loss that no run has
# A resumed run may draw other dropout masks where other economies are in force than in the release that began it.
RESUMED = {"loss": 0.02, "mcc": 0.2}
SAME = {"loss": 0.002, "mcc": 0.05}  # with the same masks, as far as another processor or torch rounds the same
OTHER_START = {
    "loss": 0.02,
    "mcc": 0.2,
}  # transformers before 5.23, with which the folders were made, draws other weights

SAME_START = Version(version("transformers")) >= Version("5.23")
pytestmark = [
    pytest.mark.parametrize("release", RELEASES),
    pytest.mark.filterwarnings("ignore:The loaded checkpoint was produced with Lightning"),  # a newer one
]
assert RELEASES


@pytest.fixture
def made(release: str, tmp_path: Path) -> Path:
    """What that release has made, in a place of its own: the folders of a release must be movable."""
    with tarfile.open(HERE / f"{release}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    assert not Path(PROJECT).exists()
    return tmp_path / release


@pytest.fixture
def expected(made: Path) -> dict[str, Any]:
    """The figures that the release itself came to."""
    found: dict[str, Any] = json.loads((made / "expected.json").read_text())
    return found


def run(*words: str | Path) -> Result:
    done = CliRunner().invoke(app, [*map(str, words), "--quiet"])
    assert done.exit_code == 0, done.output
    return done


def check_run(folder: Path, expected: dict[str, Any], tolerances: dict[str, float]) -> None:
    """A run is complete, and came to what was expected."""
    result = json.loads((folder / "result.json").read_text())
    for key in ("epochs", "steps", "train_sentences", "validation_sentences", "threads"):
        assert result[key] == expected[key]
    for key, tolerance in tolerances.items():
        assert result[key] == pytest.approx(expected[key], abs=tolerance)
    with (folder / "metrics.csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file) if row["train/loss"]] == STEPS
    assert json.loads((folder / "status.json").read_text())["status"] == "done"


def predictions(folder: Path) -> list[dict[str, Any]]:
    lines = run("predict", folder, *SENTENCES, "--format", "jsonl").stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_a_finished_run(made: Path, expected: dict[str, Any]) -> None:
    found = predictions(made / "finished")
    assert [each["label"] for each in found] == [each["label"] for each in expected["predict"]]
    probabilities = [each["probability"] for each in expected["predict"]]
    assert [each["probability"] for each in found] == pytest.approx(probabilities, abs=1e-4)
    figures = json.loads(run("evaluate", made / "finished", "--json").stdout)["models"][0]["figures"]
    for key, figure in expected["evaluate"].items():
        assert figures[key]["value"] == pytest.approx(figure["value"], abs=0.02)
    before = {path: path.read_bytes() for path in (made / "finished").rglob("*") if path.is_file()}
    assert run("train", "--resume", made / "finished").stdout == f"{made / 'finished'}\n"  # is complete
    assert {path: path.read_bytes() for path in (made / "finished").rglob("*") if path.is_file()} == before


def test_a_finished_run_is_repeated(made: Path) -> None:
    run("train", "--rerun", made / "finished", "hydra.run.dir=again")
    check_run(
        Path("again"), json.loads((made / "finished" / "result.json").read_text()), SAME if SAME_START else OTHER_START
    )


@pytest.mark.parametrize("name", ["killed", "bert"])
def test_a_run_that_was_killed(name: str, made: Path, expected: dict[str, Any]) -> None:
    metrics = made / name / "metrics.csv"
    with metrics.open(newline="") as file:
        first = next(row["train/loss"] for row in csv.DictReader(file) if row["step"] == STEPS[0])
    metrics.write_text(metrics.read_text().replace(first, MARK))
    run("train", "--resume", made / name)
    assert MARK in metrics.read_text()  # it went on, and did not begin again
    check_run(made / name, expected[name][0], RESUMED)
    assert len(predictions(made / name)) == len(SENTENCES)


def test_all_are_listed(made: Path) -> None:
    jobs = json.loads(run("runs", made, "--json").stdout)["jobs"]
    found = {Path(job["folder"]).relative_to(made).as_posix(): job["status"] for job in jobs}
    assert found == {
        "finished": "done",
        "killed": "interrupted",
        "bert": "interrupted",
        "sweep/0": "done",
        "sweep/1": "interrupted",
        "sweep/2": "pending",
        "search/0": "done",
        "search/1": "interrupted",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sweep", "search"])
def test_a_sweep_that_was_killed(
    name: str, made: Path, expected: dict[str, Any], colactl: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    first = (made / name / "0" / "result.json").read_bytes()
    done = colactl("sweep", "--quiet", "--json", "--resume", made / name)
    assert done.returncode == 0, done.stderr
    jobs = json.loads(done.stdout)["jobs"]
    assert [job["status"] for job in jobs] == ["done"] * len(expected[name])
    assert (made / name / "0" / "result.json").read_bytes() == first
    for index, figures in enumerate(expected[name]):
        check_run(made / name / str(index), figures, RESUMED)
