"""The arguments that Lightning's Trainer and torch's optimizers take, read from their source without importing it."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

from colactl.schema.values import Types

OPTIMIZERS = "torch.optim."
# The types that a config file has; of `tuple[float, float]` it has a list.
PLAIN = {"bool": "bool", "int": "int", "float": "float", "str": "str", "dict": "dict", "list": "list", "tuple": "list"}
PROGRAM_ONLY = ("Tensor", "timedelta", "Profiler")  # what only a program can give, where a config may give another type
# Arguments of the Trainer that colactl sets, whatever stands in a config.
SET_BY_COLACTL = (
    *("logger", "callbacks", "default_root_dir"),
    *("enable_checkpointing", "enable_model_summary", "use_distributed_sampler"),
)

Arguments = dict[str, Types | None]  # the types that each argument takes; None where its annotation does not say


@cache
def trainer_arguments() -> Arguments | None:
    """The arguments of `pl.Trainer` that a config may hold, with their types.

    None where Lightning has the class in another module than `pytorch_lightning.trainer.trainer`, the one that its
    documentation names: then Lightning itself refuses what it does not take, once the training starts.
    """
    return _arguments("pytorch_lightning", "trainer/trainer.py", "Trainer", SET_BY_COLACTL)


@cache
def optimizer_arguments(target: str) -> Arguments | None:
    """The arguments of one of torch's optimizers; None for somebody else's class, which is not imported to find out."""
    if not target.startswith(OPTIMIZERS):
        return None
    name = target.removeprefix(OPTIMIZERS).rpartition(".")[2]
    return _arguments("torch", f"optim/{name.lower()}.py", name, ("params",))


@cache
def optimizers() -> tuple[str, ...]:
    """The names of torch's optimizers; none where torch has another layout than is known."""
    tree = _parsed("torch", "optim/__init__.py")
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)] if tree else []
    names = [alias.name for node in imports for alias in node.names if (node.module or "").startswith(OPTIMIZERS)]
    return tuple(name for name in names if name[0].isupper() and name != "Optimizer")


def _arguments(package: str, file: str, class_name: str, without: tuple[str, ...]) -> Arguments | None:
    tree = _parsed(package, file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    every = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
                    return {one.arg: _types(one.annotation) for one in every if one.arg not in ("self", *without)}
    return None


def _parsed(package: str, file: str) -> ast.Module | None:
    spec = importlib.util.find_spec(package)  # finds a top-level package without running it
    source = Path(spec.origin).parent / file if spec and spec.origin else None
    if source is None or not source.is_file():
        return None
    return ast.parse(source.read_text(encoding="utf-8"))


def _types(annotation: ast.expr | None) -> Types | None:
    """The types in an annotation, such as `Optional[Union[int, str]]` or `float | Tensor`."""
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return frozenset({"None"})
    if isinstance(annotation, ast.Name):
        plain = PLAIN.get(annotation.id)
        return frozenset({plain}) if plain else frozenset() if annotation.id in PROGRAM_ONLY else None
    if isinstance(annotation, ast.BinOp):
        return _union([annotation.left, annotation.right])
    if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.value, ast.Name):
        return None
    inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if annotation.value.id == "Optional":
        inner = [*inner, ast.Constant(None)]
    return _union(inner) if annotation.value.id in ("Optional", "Union") else _types(annotation.value)


def _union(annotations: list[ast.expr]) -> Types | None:
    several = [_types(annotation) for annotation in annotations]
    known = [types for types in several if types is not None]
    return frozenset().union(*known) if len(known) == len(several) else None
