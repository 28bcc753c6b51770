"""The arguments that Lightning's Trainer and torch's optimizers take, read from their source without importing it."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

OPTIMIZERS = "torch.optim."
# The types that a config file has; of `tuple[float, float]` it has a list.
PLAIN = {"bool": "bool", "int": "int", "float": "float", "str": "str", "dict": "dict", "list": "list", "tuple": "list"}
MADE = ("Tensor", "timedelta", "Profiler")  # what only a program can give, where a config may give something else

Kinds = frozenset[str] | None  # the names of the types that an argument takes; None where that cannot be told


@cache
def trainer_arguments() -> dict[str, Kinds] | None:
    """The arguments of `pl.Trainer` that a config may hold: not those that colactl sets, whatever stands there.

    None where Lightning has the class in another module than `pytorch_lightning.trainer.trainer`, the one that its
    documentation names: then Lightning itself refuses what it does not take, once the training starts.
    """
    taken = (
        *("logger", "callbacks", "default_root_dir"),
        *("enable_checkpointing", "enable_model_summary", "use_distributed_sampler"),
    )
    found = _arguments("pytorch_lightning", "trainer/trainer.py", "Trainer")
    return {name: kinds for name, kinds in found.items() if name not in taken} or None


@cache
def optimizer_arguments(target: str) -> dict[str, Kinds] | None:
    """The arguments of one of torch's optimizers; None for a class of somebody else's, which is not to be imported."""
    if not target.startswith(OPTIMIZERS):
        return None
    name = target.removeprefix(OPTIMIZERS).rpartition(".")[2]
    found = _arguments("torch", f"optim/{name.lower()}.py", name)
    return {name: kinds for name, kinds in found.items() if name != "params"} or None


@cache
def optimizers() -> tuple[str, ...]:
    """The names of torch's optimizers; none where torch has another layout than is known."""
    tree = _parsed("torch", "optim/__init__.py")
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)] if tree else []
    names = [alias.name for node in imports for alias in node.names if (node.module or "").startswith(OPTIMIZERS)]
    return tuple(name for name in names if name[0].isupper() and name != "Optimizer")


def takes(kinds: Kinds, value: object) -> bool:
    """Whether an argument of these types takes a value, as far as that can be told."""
    if kinds is None:
        return True
    if value is None:
        return bool(kinds & {"None", "bool"})  # which is as good as false
    if isinstance(value, bool | int):  # these two stand in for one another
        return bool(kinds & {"bool", "int", "float"})
    return type(value).__name__ in kinds


def _arguments(package: str, file: str, class_name: str) -> dict[str, Kinds]:
    tree = _parsed(package, file)
    for node in tree.body if tree else []:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return _init_arguments(node)
    return {}


def _parsed(package: str, file: str) -> ast.Module | None:
    spec = importlib.util.find_spec(package)  # finds a top-level package without running it
    source = Path(spec.origin).parent / file if spec and spec.origin else None
    if source is None or not source.is_file():
        return None
    return ast.parse(source.read_text(encoding="utf-8"))


def _init_arguments(node: ast.ClassDef) -> dict[str, Kinds]:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            every = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
            return {argument.arg: _kinds(argument.annotation) for argument in every if argument.arg != "self"}
    return {}


def _kinds(annotation: ast.expr | None) -> Kinds:
    """The types in an annotation, such as `Optional[Union[int, str]]` or `float | Tensor`."""
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return frozenset({"None"})
    if isinstance(annotation, ast.Name):
        plain = PLAIN.get(annotation.id)
        return frozenset({plain}) if plain else frozenset() if annotation.id in MADE else None
    if isinstance(annotation, ast.BinOp):
        return _joined([annotation.left, annotation.right])
    if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.value, ast.Name):
        return None
    inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if annotation.value.id == "Optional":
        inner = [*inner, ast.Constant(None)]
    return _joined(inner) if annotation.value.id in ("Optional", "Union") else _kinds(annotation.value)


def _joined(annotations: list[ast.expr]) -> Kinds:
    found = list(map(_kinds, annotations))
    known = [kinds for kinds in found if kinds is not None]
    return frozenset().union(*known) if len(known) == len(found) else None
