"""The pictures of a run: PNGs that show the data, drawn without matplotlib's global state."""

from __future__ import annotations

import math
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from colactl.training.network.module import Curves
from colactl.training.records.plots import draw

NAMES = {"loss.png", "mcc.png", "confusion_matrix.png"}
CURVES = Curves([(1, 0.7), (2, 0.5), (3, 0.4)], [(2, 0.6), (3, 0.5)], [(2, 0.1), (3, 0.3)])
CONFUSION = [[30, 12], [5, 53]]


def pictures(folder: Path, curves: Curves = CURVES, confusion: list[list[int]] = CONFUSION) -> dict[str, bytes]:
    draw(folder, curves, confusion)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_writes_pngs_of_a_readable_size(tmp_path: Path) -> None:
    written = pictures(tmp_path / "made" / "plots")
    assert written.keys() == NAMES
    for content in written.values():
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", content[16:24])
        assert 600 <= width <= 1200
        assert 500 <= height <= 900


@pytest.mark.parametrize(
    ("curves", "confusion", "changed"),
    [
        (Curves([(1, 0.9)], CURVES.valid_loss, CURVES.valid_mcc), CONFUSION, "loss.png"),
        (Curves(CURVES.train_loss, CURVES.valid_loss, [(2, 0.4), (3, 0.3)]), CONFUSION, "mcc.png"),
        (CURVES, [[30, 12], [53, 5]], "confusion_matrix.png"),
        (CURVES, [[30, 5], [12, 53]], "confusion_matrix.png"),
    ],
    ids=["loss", "mcc", "confusion", "transposed confusion"],
)
def test_each_picture_shows_its_data_alone(
    tmp_path: Path, curves: Curves, confusion: list[list[int]], changed: str
) -> None:
    before, after = pictures(tmp_path / "a"), pictures(tmp_path / "b", curves, confusion)
    assert {name for name in NAMES if before[name] != after[name]} == {changed}


@pytest.mark.parametrize(
    "curves",
    [
        Curves(),
        Curves(train_loss=[(0, 0.7)]),
        Curves([(1, math.nan)], [(1, math.inf)], [(1, math.nan), (2, 0.0)]),
        Curves(valid_mcc=[(1, math.nan)]),
    ],
    ids=["none", "one point", "diverged", "no finite value"],
)
def test_draws_whatever_was_measured(tmp_path: Path, curves: Curves) -> None:
    assert pictures(tmp_path, curves, [[0, 0], [0, 3]]).keys() == NAMES


def test_redrawing_gives_the_same_bytes_also_in_threads(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda number: pictures(tmp_path / str(number)), range(4)))
    assert all(each == written[0] for each in written)


def test_pyplot_is_not_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from types import SimpleNamespace; "
        "from colactl.training.records.plots import draw;"
        "curves = SimpleNamespace(train_loss=[], valid_loss=[], valid_mcc=[]);"
        "draw(Path(sys.argv[1]), curves, [[1, 0], [0, 1]]);"
        "print({'torch', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
