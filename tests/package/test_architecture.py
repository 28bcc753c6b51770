"""The contributors' pages say what is there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

ARCHITECTURE = (ROOT / ".github" / "ARCHITECTURE.md").read_text()
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text()
PATH = re.compile(r"`([\w.-]+/[\w./-]+)`")


def test_every_room_is_on_the_map() -> None:
    rooms = {
        folder.parent.relative_to(ROOT / "colactl").as_posix() for folder in (ROOT / "colactl").rglob("*/__init__.py")
    }
    assert set(re.findall(r"^\| `([\w/]+)` \|", ARCHITECTURE, re.MULTILINE)) == rooms - {"."}


def test_every_file_outside_the_rooms_is_named() -> None:
    files = {file.name for file in (ROOT / "colactl").glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {file for file in files if f"`{file}`" not in ARCHITECTURE} == set()


@pytest.mark.parametrize("page", [ARCHITECTURE, CONTRIBUTING], ids=["ARCHITECTURE", "CONTRIBUTING"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    paths = {path for path in PATH.findall(page) if "/a/" not in path}  # a made-up room
    assert len(paths) > 5
    missing = [path for path in sorted(paths) if not any((root / path).exists() for root in (ROOT, ROOT / "colactl"))]
    assert missing == []


def test_every_test_that_ci_names_is_there() -> None:
    paths = re.findall(r"tests/[\w/]+\.py", (ROOT / ".ci" / "run").read_text())
    assert len(paths) >= 2
    assert [path for path in paths if not (ROOT / path).is_file()] == []
