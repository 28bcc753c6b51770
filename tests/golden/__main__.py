"""Writes what the commands print now, for a change that is meant: python -m tests.golden, then look at git diff."""

from __future__ import annotations

from tests.golden import COMMANDS, FOLDER, output

for name, arguments in COMMANDS.items():
    (FOLDER / name).write_text(output(arguments)[0])
