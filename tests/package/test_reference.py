"""The checked-in reference is what the program would say of itself today."""

from __future__ import annotations

import html
import re

import pytest

from tests.conftest import ROOT
from tests.reference.commands import commands
from tests.reference.options import options, schema
from tests.reference.pictures import PICTURES, pictures

HOW = "write it anew with: python -m tests.reference"


def test_the_config_reference() -> None:
    assert (ROOT / "configs" / "README.md").read_text() == options(), HOW


def test_the_json_schema() -> None:
    assert (ROOT / "configs" / "schema.json").read_text() == schema(), HOW


def test_every_key_has_its_comment() -> None:
    rows = [line for line in options().splitlines() if re.match(r"\| `[a-z]", line)]
    assert len(rows) > 50
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_help_texts() -> None:
    assert (ROOT / ".github" / "commands.md").read_text() == commands(), HOW


@pytest.mark.slow
def test_the_pictures() -> None:
    """Their text: Rich may come to draw the same otherwise."""
    folder = ROOT / ".github" / "pictures"
    assert {file.stem for file in folder.glob("*.svg")} == set(PICTURES)
    assert {name: _text((folder / f"{name}.svg").read_text()) for name in PICTURES} == {
        name: _text(svg) for name, svg in pictures().items()
    }, HOW


def _text(svg: str) -> list[str]:
    """The words of a picture, in order."""
    return [html.unescape(part) for part in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
