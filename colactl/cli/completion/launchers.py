"""The launchers that are installed, read from their plugins' source: to import them takes most of a second."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from colactl.cli.completion.documents import Document, Leaf, Tree

GROUP = "hydra/launcher"
BASIC = "_internal/core_plugins/basic_launcher.py"  # of Hydra, which has no plugin of its own for it


def names() -> set[str]:
    """The launchers there are."""
    return set(_launchers())


def load(name: str) -> Document | None:
    """The keys of a launcher, as a config file would hold them."""
    return Document(_launchers()[name]) if name in _launchers() else None


@cache
def _launchers() -> dict[str, Tree]:
    return {name: tree for file in _sources() for name, tree in _stored(file)}


def _sources() -> Iterator[Path]:
    for folder in _folders("hydra"):
        yield folder / BASIC
    for folder in _folders("hydra_plugins"):
        yield from sorted(folder.glob("*/*.py"))


def _folders(package: str) -> list[Path]:
    spec = importlib.util.find_spec(package)  # finds a top-level package without running it
    return [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []


def _stored(file: Path) -> Iterator[tuple[str, Tree]]:
    """What a plugin gives to Hydra's store with `store(group="hydra/launcher", name=..., node=...)`."""
    try:
        text = file.read_text(encoding="utf-8")
        parsed = ast.parse(text) if GROUP in text else ast.Module([], [])
    except (OSError, ValueError, SyntaxError):
        return
    classes = {node.name: node for node in parsed.body if isinstance(node, ast.ClassDef)}
    for call in (node.value for node in parsed.body if isinstance(node, ast.Expr)):
        if isinstance(call, ast.Call):
            given = {word.arg: word.value for word in call.keywords}
            group, name, node = (given.get(key) for key in ("group", "name", "node"))
            if _literal(group) == GROUP and _literal(name):
                yield _literal(name), _fields(_class(node), classes)


def _literal(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) and node.value is not None else ""


def _class(node: ast.expr | None) -> str:
    """The name of a class, or of that of an instance."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else ""


def _fields(name: str, classes: dict[str, ast.ClassDef]) -> Tree:
    if name not in classes:
        return {}
    tree = {key: field for base in classes[name].bases for key, field in _fields(_class(base), classes).items()}
    for node in classes[name].body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            nested = _fields(_class(node.annotation), classes)
            tree[node.target.id] = nested or _leaf(node.value)
    tree.pop("_target_", None)
    return tree


def _leaf(value: ast.expr | None) -> Leaf:
    text = _literal(value)
    return Leaf(text.lower(), True) if text in ("True", "False") else Leaf(text)
