"""A sweep's plots: which there are, and what they show."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from colactl.sweeping.results.compare import groups
from colactl.sweeping.results.plots import Scale, draw, label
from colactl.sweeping.results.rows import Row
from tests.conftest import ROOT
from tests.made_sweeps import result


def rows(*columns: list[str], better: int = -1) -> list[Row]:
    """A row for each combination; all are done, the one at `better` better than the others."""
    return [
        Row(
            10 + index,
            list(overrides),
            "done",
            folder=f"/nowhere/{index}",
            result=result(0.9 if index == better else index / 100, degenerate=index == 0),
        )
        for index, overrides in enumerate(product(*columns))
    ]


LR = ["optimizer.lr=1e-5", "optimizer.lr=1e-2"]
MODEL = ["model=bert", "model=roberta"]
SIZE = ["processing.batch_size=16", "processing.batch_size=32"]
SEED = ["seed=1", "seed=2"]
FIXED = ["training.max_epochs=3"]


def pictures(folder: Path, jobs: list[Row]) -> dict[str, bytes]:
    folder.mkdir()
    draw(folder / "plots", jobs, groups(jobs))
    return {file.name: file.read_bytes() for file in (folder / "plots").glob("*")}


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ([LR, FIXED], {"optimizer.lr"}),
        ([LR, SEED], {"optimizer.lr", "seed"}),
        ([LR, MODEL, SEED], {"optimizer.lr", "model", "seed", "parallel_coordinates"}),
        ([LR, MODEL, SIZE], {"optimizer.lr", "model", "processing.batch_size", "parallel_coordinates"}),
        ([FIXED], set()),
    ],
    ids=["one", "one and seeds", "two and seeds", "three", "none"],
)
def test_a_picture_for_each_parameter(tmp_path: Path, columns: list[list[str]], names: set[str]) -> None:
    drawn = pictures(tmp_path / "a", rows(*columns))
    assert set(drawn) == {f"{name}.png" for name in names}
    assert all(content.startswith(b"\x89PNG\r\n\x1a\n") for content in drawn.values())


def test_they_show_the_figures(tmp_path: Path) -> None:
    before, after = (
        pictures(tmp_path / "a", rows(LR, MODEL, SIZE)),
        pictures(tmp_path / "b", rows(LR, MODEL, SIZE, better=3)),
    )
    assert all(before[name] != after[name] for name in before)


def test_other_pictures_are_averaged_over_seeds(tmp_path: Path) -> None:
    jobs = rows(LR, SEED)
    results = [(row.result or {}) | {"degenerate": False} for row in jobs]
    swapped = [replace(row, result=results[index ^ 1]) for index, row in enumerate(jobs)]  # between a group's seeds
    jobs = [replace(row, result=results[index]) for index, row in enumerate(jobs)]
    before, after = pictures(tmp_path / "a", jobs), pictures(tmp_path / "b", swapped)
    assert before["optimizer.lr.png"] == after["optimizer.lr.png"]
    assert before["seed.png"] != after["seed.png"]


def test_the_best_line_has_the_best_colour(tmp_path: Path) -> None:
    pictures(tmp_path / "a", rows(LR, MODEL, SIZE))
    picture = imread(tmp_path / "a" / "plots" / "parallel_coordinates.png")
    red, green, blue = picture[:, : picture.shape[1] * 3 // 4, :3].transpose(2, 0, 1)  # without the legend
    assert ((red > 0.9) & (green > 0.8) & (blue < 0.5)).any()  # yellow
    assert ((red < 0.5) & (green < 0.3) & (blue > 0.3)).any()  # violet


def test_nothing_is_drawn_where_nothing_is_done(tmp_path: Path) -> None:
    jobs = [replace(row, status="failed", result=None) for row in rows(LR)]
    assert pictures(tmp_path / "a", jobs) == {}
    assert not (tmp_path / "a" / "plots").exists()


def test_a_name_that_is_no_file_name(tmp_path: Path) -> None:
    assert set(pictures(tmp_path / "a", rows(["model/head@model.tail=1", "model/head@model.tail=2"]))) == {
        "model%2Fhead%40model.tail.png"
    }


@pytest.mark.parametrize(
    ("values", "kind", "share"),
    [
        ([1, 100, 11], "linear", 10 / 99),
        ([1e-4, 1.0, 1e-2], "log", 0.5),
        ([-1, 1000, 0], "linear", 1 / 1001),
        (["a", "b", "c", "a", "d", "b"], "category", 1 / 3),
        ([1, True, "x", 2], "category", 1.0),
        ([1, None], "category", 1.0),
        ([float("inf"), 1.0], "category", 1.0),
        ([3, 3], "linear", 0.5),
    ],
)
def test_scales(values: list[Any], kind: str, share: float) -> None:
    scale = Scale.of(values)
    assert scale.kind == kind
    assert scale.share(values[-1]) == pytest.approx(share)


def test_names_along_an_axis_do_not_run_into_each_other() -> None:
    ticks = Scale.of([*range(101)]).ticks()
    assert 15 <= len(ticks) <= 21
    assert min(after - before for before, after in pairwise(ticks)) >= 5
    assert [label(value) for value in (None, 1e-5, True, "x" * 30)] == ["(default)", "1e-05", "True", "x" * 23 + "…"]


def test_drawing_loads_no_torch(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from colactl.sweeping.results.plots import draw
from colactl.sweeping.results.rows import Row
rows = [Row(i, [f"a={i}"], "done", folder="/nowhere", result={"mcc": i / 9}) for i in range(2)]
from colactl.sweeping.results.compare import groups
assert "matplotlib" not in sys.modules
draw(Path(sys.argv[1]), rows, groups(rows))
print({"torch", "matplotlib", "matplotlib.pyplot"} & set(sys.modules))
"""
    command = [sys.executable, "-c", program, str(tmp_path / "plots")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "{'matplotlib'}\n", done.stderr
    assert (tmp_path / "plots" / "a.png").exists()
