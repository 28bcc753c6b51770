"""The sizes that keep a file readable in one look, and the rooms."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest
from typer.main import get_command

from colactl.cli.app import app
from tests.conftest import ROOT

# A library has one port, which holds all that is private of it, however much that is.
FILES = sorted(file for file in (ROOT / "colactl").rglob("*.py") if not file.name.endswith("_port.py"))
LONGEST_FILE = 180  # lines
LONGEST_FUNCTION = 45  # lines, the docstring not counted
LONGEST_COMMAND = 8  # statements of a Typer command


def functions(file: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            found.append((f"{file.name}:{node.name}", (node.end_lineno or 0) - node.lineno + 1 - docstring.count("\n")))
    return found


def test_there_are_files() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_file_and_its_functions_are_short(file: Path) -> None:
    assert file.read_text().count("\n") <= LONGEST_FILE
    assert [function for function in functions(file) if function[1] > LONGEST_FUNCTION] == []


def test_the_median_function_is_short() -> None:
    assert statistics.median(size for file in FILES for _, size in functions(file)) <= 15


@pytest.mark.parametrize("name", [name.replace("-", "_") for name in get_command(app).commands])
def test_a_command_parses_and_then_calls(name: str) -> None:
    tree = ast.parse((ROOT / "colactl" / "cli" / f"{name}.py").read_text())
    (command,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "command"]
    assert len(command.body) - 1 <= LONGEST_COMMAND  # the docstring is the help
