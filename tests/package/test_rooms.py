"""What the rooms promise and no linter holds."""

from __future__ import annotations

import ast

import pytest
from typer.main import get_command

from colactl.cli.app import app
from tests.conftest import ROOT

LONGEST_COMMAND = 8  # statements of a Typer command: it parses, and calls what does the work


@pytest.mark.parametrize("name", [name.replace("-", "_") for name in get_command(app).commands])
def test_a_command_parses_and_then_calls(name: str) -> None:
    tree = ast.parse((ROOT / "colactl" / "cli" / f"{name}.py").read_text())
    (command,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "command"]
    assert len(command.body) - 1 <= LONGEST_COMMAND  # the docstring is the help
