"""Writes the reference and README's pictures anew: python -m tests.reference."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ROOT
from tests.reference.commands import commands
from tests.reference.options import options, schema
from tests.reference.pictures import pictures


def documents() -> dict[Path, str]:
    """Every file that is made, with its text."""
    folder = ROOT / ".github"
    drawn = {folder / "pictures" / f"{name}.svg": svg for name, svg in pictures().items()}
    configs = {ROOT / "configs" / "README.md": options(), ROOT / "configs" / "schema.json": schema()}
    return {**configs, folder / "commands.md": commands(), **drawn}


if __name__ == "__main__":
    for file, text in documents().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
