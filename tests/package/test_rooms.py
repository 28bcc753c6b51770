"""What the rooms promise and no linter holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.main import get_command

from colactl.cli.app import app
from tests.conftest import ROOT

LONGEST_COMMAND = 8  # statements of a Typer command: it parses, and calls what does the work
# Tests of more than one module, by what they are about.
WHOLE = {
    "cli/test_contract.py": "what every command has in common",
    "cli/test_fuzz_commands.py": "bad input at random, on every command",
    "cli/test_golden.py": "outputs byte for byte",
    "cli/test_laziness.py": "what every command imports",
    "cli/test_shells.py": "real shells",
    "cli/test_devices.py": "a run on two devices, from the command on",
    "cli/test_resume.py": "a run that is killed and resumed, from the command on",
    "sweeping/search/test_clusters.py": "a search on real clusters",
    "sweeping/search/test_real.py": "searches with real trainings, killed, pruned and shared",
    "training/network/test_architectures.py": "all that is patched, on every architecture",
}


@pytest.mark.parametrize("name", [name.replace("-", "_") for name in get_command(app).commands])
def test_a_command_parses_and_then_calls(name: str) -> None:
    tree = ast.parse((ROOT / "colactl" / "cli" / f"{name}.py").read_text())
    (command,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "command"]
    assert len(command.body) - 1 <= LONGEST_COMMAND  # the docstring is the help


def test_the_tests_of_a_module_are_in_the_file_of_its_name() -> None:
    """`colactl/a/b.py`, or the room `colactl/a/b/`, is tested in `tests/a/test_b.py`."""
    tests = {file.relative_to(ROOT / "tests") for file in (ROOT / "tests").rglob("test_*.py")}
    assert len(tests) > 50
    elsewhere = {
        test.as_posix()
        for test in tests
        if test.parts[0] not in ("package", "compatibility")  # about the whole of colactl
        and not any(
            (ROOT / "colactl" / test.parent / f"{test.stem.removeprefix('test_')}{end}").exists() for end in ("", ".py")
        )
    }
    assert elsewhere == set(WHOLE)


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Imports inside functions and those for types alone count too."""
    files = {module_name(file): file for file in (ROOT / "colactl").rglob("*.py")}
    graph = {module: imported(file.read_text(), files) - {module} for module, file in files.items()}
    assert sum(map(len, graph.values())) > 100
    assert list(circles(graph)) == []


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, [{"b", "c"}]),
        ({"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}}, [{"a", "b"}, {"c", "d"}]),
    ],
)
def test_circles_are_seen(graph: dict[str, set[str]], expected: list[set[str]]) -> None:
    assert circles(graph) == expected
    source = "def f():\n    from a.b import c\nif TYPE_CHECKING:\n    import a.d\nfrom a import e\n"
    assert imported(source, ("a.b", "a.d", "a.e", "a")) == {"a.b", "a.d", "a.e"}


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(source: str, modules: Mapping[str, object] | tuple[str, ...]) -> set[str]:
    """The modules among those given that a file imports, wherever in it."""

    def names() -> Iterator[str]:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    path = f"{node.module}.{alias.name}"
                    yield path if path in modules else str(node.module)

    return {name for name in names() if name in modules}


def circles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """The largest sets of modules of which each leads to each other one."""

    def reachable(start: str) -> set[str]:
        reached: set[str] = set()
        ahead = [start]
        while ahead:
            new = graph[ahead.pop()] - reached
            reached |= new
            ahead += new
        return reached

    reach = {name: reachable(name) for name in graph}
    together = ({other for other in reach[name] if name in reach[other]} for name in graph if name in reach[name])
    distinct: list[set[str]] = []
    for circle in together:
        if circle not in distinct:
            distinct.append(circle)
    return distinct
