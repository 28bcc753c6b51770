"""The arguments that Lightning's Trainer and torch's optimizers take, read from their source without importing it."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

OPTIMIZERS = "torch.optim."


@cache
def trainer_arguments() -> frozenset[str]:
    """The arguments of `pl.Trainer` that a config may hold; loggers, callbacks and the folder have their own places."""
    taken = {"logger", "callbacks", "default_root_dir"}
    return _arguments("pytorch_lightning", "trainer/trainer.py", "Trainer") - taken


@cache
def optimizer_arguments(target: str) -> frozenset[str] | None:
    """The arguments of one of torch's optimizers; None for a class of somebody else's, which is not to be imported."""
    if not target.startswith(OPTIMIZERS):
        return None
    name = target.removeprefix(OPTIMIZERS).rpartition(".")[2]
    return _arguments("torch", f"optim/{name.lower()}.py", name) - {"params"} or None


def _arguments(package: str, file: str, class_name: str) -> frozenset[str]:
    spec = importlib.util.find_spec(package)  # finds a top-level package without running it
    source = Path(spec.origin).parent / file if spec and spec.origin else None
    if source is None or not source.is_file():
        return frozenset()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return frozenset(_init_arguments(node))
    return frozenset()


def _init_arguments(node: ast.ClassDef) -> list[str]:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            every = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
            return [argument.arg for argument in every if argument.arg != "self"]
    return []
