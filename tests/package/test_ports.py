"""What is not public in a library is imported in one file, its port; ruff says that it is touched nowhere else."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.conftest import ROOT

PACKAGE = ROOT / "colactl"
FILES = sorted(PACKAGE.rglob("*.py"))
PORTS = {
    "hydra": "composition/hydra_port.py",
    "omegaconf": "composition/hydra_port.py",
    "pytorch_lightning": "training/lightning_port.py",
    "lightning_fabric": "training/lightning_port.py",
    "transformers": "training/network/transformers_port.py",
    "wandb": "training/records/wandb_port.py",
    "typer": "cli/typer_port.py",
    "submitit": "sweeping/engines/submitit_port.py",
    "ray": "sweeping/engines/ray_port.py",
}
# Modules without an underscore that their library's documentation does not name as a place to import from.
NOT_PUBLIC = (
    *("lightning_fabric", "pytorch_lightning.loops", "pytorch_lightning.trainer.connectors"),
    *("pytorch_lightning.loggers.csv_logs", "pytorch_lightning.loggers.logger"),
    *("wandb.sdk", "wandb.proto", "submitit.core", "submitit.local", "submitit.slurm"),
    *("hydra.core.default_element", "omegaconf.grammar_parser", "omegaconf.grammar_visitor"),
)
MODULE = re.compile(rf"({'|'.join([*PORTS, 'optuna'])})(\.\w+)+")  # of such a library, as a text
BY_NAME = ("getattr", "setattr", "hasattr", "delattr")


def name_of(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def is_private(path: str) -> bool:
    """Whether a dotted path leads into something that is not public."""
    named = any(path == module or path.startswith(f"{module}.") for module in NOT_PUBLIC)
    return named or bool(re.search(r"\._(?!_)", path))


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted paths of all that is imported, as a text too: by `import_module`, or to be found in `sys.modules`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and MODULE.fullmatch(str(node.value)):
            yield node.value


def reached(source: str) -> Iterator[str]:
    """What of the libraries a file imports that is not public, and the private attributes that it names as a text."""
    tree = ast.parse(source)
    ours = {"colactl", *sys.stdlib_module_names}
    for path in imported(tree):
        library = path.partition(".")[0]
        if library and library not in ours and is_private(path):
            yield path
    for node in ast.walk(tree):
        by_name = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BY_NAME
        for text in node.args[1:2] if by_name and isinstance(node, ast.Call) else ():
            if isinstance(text, ast.Constant) and re.match(r"_(?!_)", str(text.value)):
                yield f"<attribute>.{text.value}"


def allowed(path: str, file: str) -> bool:
    library = path.partition(".")[0]
    return file == PORTS.get(library) or (library == "<attribute>" and file in PORTS.values())


def test_what_is_not_public_is_in_its_librarys_port() -> None:
    outside = [
        (name_of(file), path)
        for file in FILES
        for path in reached(file.read_text())
        if not allowed(path, name_of(file))
    ]
    assert outside == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import wandb.sdk.launch", ["wandb.sdk.launch"]),
        ("from wandb import sdk", ["wandb.sdk"]),
        ("from typer import _click", ["typer._click"]),
        ("from lightning_fabric.plugins import TorchCheckpointIO", ["lightning_fabric.plugins.TorchCheckpointIO"]),
        ("def f():\n    from optuna.trial._trial import Trial", ["optuna.trial._trial.Trial"]),
        ("sys.modules.get('typer._completion_shared')", ["typer._completion_shared"]),
        ("import_module('wandb.sdk.launch')", ["wandb.sdk.launch"]),
        ("getattr(trial, '_trial_id')", ["<attribute>._trial_id"]),
        ("import wandb, typer.core\nfrom pytorch_lightning import __version__\ngetattr(x, '__name__')", []),
        ("from colactl.runs.files import _json\nfrom __future__ import annotations\nimport _thread", []),
    ],
)
def test_what_is_found(source: str, found: list[str]) -> None:
    assert list(reached(source)) == found


def test_a_port_hands_on_what_is_its_own() -> None:
    """No file takes from a port what the port has from its library, nor a name that is private to the port."""
    taken = {(name_of(file), *use) for file in FILES for use in taken_from_ports(ast.parse(file.read_text()))}
    assert len(taken) > 20
    assert {(user, module, name) for user, module, name in taken if name not in own_names(module)} == set()


def taken_from_ports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The modules of ports and the names in them that a file imports, or uses as attributes of the module."""
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("colactl"):
            for alias in node.names:
                if (node.module or "").endswith("_port"):
                    yield node.module or "", alias.name
                elif alias.name.endswith("_port"):
                    aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield aliases[node.value.id], node.attr


def test_a_port_has_no_private_type_in_what_it_hands_on() -> None:
    """No public function, method or field of a port has a type that is not public."""
    trees = {name_of(file): ast.parse(file.read_text()) for file in FILES if file.stem.endswith("_port")}
    assert len(trees) > 5
    for name, tree in trees.items():
        private = {path.rpartition(".")[2] for path in imported(tree) if is_private(path)}
        assert private.isdisjoint(handed_on(tree.body)), name


def handed_on(body: list[ast.stmt]) -> Iterator[str]:
    """The names in the annotations of what is public in a module or class."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield from handed_on(node.body)
        elif isinstance(node, ast.FunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from named_in(node.returns, *(each.annotation for each in given))
        elif isinstance(node, ast.AnnAssign):
            yield from named_in(node.annotation)


def named_in(*annotations: ast.expr | None) -> Iterator[str]:
    nodes = [node for each in annotations if each for node in ast.walk(each)]
    yield from (node.id for node in nodes if isinstance(node, ast.Name))
    yield from (node.attr for node in nodes if isinstance(node, ast.Attribute))


@cache
def own_names(module: str) -> set[str]:
    """The public names that a module defines, and does not only import."""
    found = set()
    for node in ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if not name.startswith("_")}


@pytest.mark.parametrize("library", ["pytorch_lightning", "wandb", "typer", "submitit"])
def test_what_a_port_was_tried_with_may_be_installed(library: str) -> None:
    """Of a range, such as 1.5.0 to 1.5.4, no version that the bounds leave out lies in between."""
    told = re.search(r"Tried with ([\d.]+)(?: (to|and) ([\d.]+))?\.", (PACKAGE / PORTS[library]).read_text())
    assert told
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    (bounds,) = [each.specifier for each in map(Requirement, every) if each.name == library.replace("_", "-")]
    first, last = Version(told[1]), Version(told[3] or told[1])
    assert all(version in bounds for version in (first, last))
    left_out = [Version(each.version) for each in bounds if each.operator == "!="]
    assert told[2] != "to" or not any(first < version < last for version in left_out)


def test_every_port_has_a_test_of_its_name() -> None:
    ports = {file.stem for file in FILES if file.stem.endswith("_port")}
    assert ports == {Path(port).stem for port in PORTS.values()} & ports
    tests = {file.stem for file in (ROOT / "tests").rglob("test_*_port.py")}
    assert {f"test_{port}" for port in ports} <= tests
