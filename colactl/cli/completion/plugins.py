"""The configs that installed packages bring, read from their plugins' source: to import them takes most of a second."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from colactl.cli.completion.documents import Document, Leaf, Tree
from colactl.schema.choices import LAUNCHER
from colactl.schema.config_files import config_dir

BASIC = (LAUNCHER, "basic")  # Hydra's own launcher, which is no plugin in a package of its own and has no options


def options(group: str) -> set[str]:
    """The options of a group that plugins have stored."""
    return {name for stored, name in _stored() if stored == group}


def groups(parent: str) -> set[str]:
    """The names of the groups below one that plugins have stored something in."""
    inside = f"{parent}/" if parent else ""
    return {group.removeprefix(inside).partition("/")[0] for group, _ in _stored() if group.startswith(inside)}


def load(group: str, name: str) -> Document | None:
    """What a plugin has stored, as a config file would hold it."""
    tree = _stored().get((group, name))
    return None if tree is None else Document(tree)


@cache
def folders() -> tuple[Path, ...]:
    """Hydra's search path less the user's folders; only where a plugin adds to it, Hydra itself is asked."""
    if not any("SearchPathPlugin" in text for text in _sources()):
        return (config_dir(),)
    from colactl.composition.session import hydra_session

    with hydra_session() as session:
        places = session.places
    return tuple(folder for place in places if not place.startswith("pkg://hydra.") for folder in _folders(place))


def _folders(place: str) -> list[Path]:
    """The folders that an entry of Hydra's search path stands for; none where it is no folder."""
    kind, _, name = place.partition("://")
    if kind == "pkg":
        return _package(name.replace("/", "."))
    return [Path(name or kind)] if kind != "structured" else []


def _package(name: str) -> list[Path]:
    spec = importlib.util.find_spec(name)  # finds a top-level package without running it
    return [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []


@cache
def _sources() -> tuple[str, ...]:
    files = [file for folder in _package("hydra_plugins") for file in sorted(folder.glob("*/*.py"))]
    return tuple(text for file in files if (text := _text(file)))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


@cache
def _stored() -> dict[tuple[str, str], Tree]:
    """What plugins give to Hydra's store with `store(group=..., name=..., node=...)`."""
    found = {place: tree for text in _sources() if ".store(" in text for place, tree in _calls(text)}
    return {BASIC: {}, **found}


def _calls(text: str) -> Iterator[tuple[tuple[str, str], Tree]]:
    try:
        parsed = ast.parse(text)
    except (ValueError, SyntaxError):
        return
    classes = {node.name: node for node in parsed.body if isinstance(node, ast.ClassDef)}
    for call in (node.value for node in parsed.body if isinstance(node, ast.Expr)):
        if isinstance(call, ast.Call):
            given = {word.arg: word.value for word in call.keywords}
            group, name = _literal(given.get("group")), _literal(given.get("name"))
            if group and name:
                yield (group, name), _fields(_class(given.get("node")), classes)


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
