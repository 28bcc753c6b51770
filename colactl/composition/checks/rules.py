"""The ranges of single values, checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.choices import OTHER_WORDS
from colactl.composition.checks.faults import ABSENT, Fault
from colactl.composition.checks.fields import default_of, fields_of
from colactl.composition.checks.ranges import FURTHER, OF_TORCH, RANGES
from colactl.composition.checks.schema import DATA_BY_SOURCE, GROUPS
from colactl.composition.checks.suggest import nearest
from colactl.signatures import optimizer_arguments


def faults(plain: dict[str, Any]) -> Iterator[Fault]:
    """What is out of range.

    Args:
        plain: The resolved config; values of the wrong type are told elsewhere, so their faults here repeat nothing.
    """
    source = plain["data"].get("source")
    if source not in DATA_BY_SOURCE:
        wanted = f"data.source must be one of {', '.join(DATA_BY_SOURCE)}"
        yield Fault(wanted, ("data.source",), source, _meant("data.source", source))
        return
    foreign = optimizer_arguments(str(plain["optimizer"].get("_target_"))) is None if "optimizer" in plain else True
    for path, rule in RANGES.items():
        if foreign and path in OF_TORCH:
            continue
        value = select(plain, path)
        if _comparable(path, value) and not rule.test(value):
            meant = _meant(path, value)
            yield Fault(f"{path} must be {rule.wanted}", (path,), value, meant, _example(path, plain))


def meant_choice(path: str, value: Any) -> str | None:
    """The value that was probably meant by one that a key which takes one of a few does not take."""
    if other := OTHER_WORDS.get(path, {}).get(str(value).lower()):
        return other
    words = tuple(DATA_BY_SOURCE) if path == "data.source" else RANGES[path].words
    return next((word for word in words if word.endswith(f"/{value}")), None) or nearest(str(value), words)


def _meant(path: str, value: Any) -> tuple[str, ...]:
    right = meant_choice(path, value)
    return (f"{path}={right}",) if right else ()


def _example(path: str, plain: dict[str, Any]) -> str:
    """An override that gives a key the schema's default, or the rule's example; empty where there is none."""
    if example := RANGES[path].example:
        return f"{'+' * (path in FURTHER)}{path}={example}"
    group, _, rest = path.partition(".")
    schema: Any = DATA_BY_SOURCE[plain["data"]["source"]] if group == "data" else GROUPS.get(group)
    *between, key = rest.split(".")
    for name in between:
        schema = fields_of(schema).nested.get(name) if schema else None
    default = default_of(schema, key) if schema else ""
    return f"{path}={default}" if default else ""


# Typed Any in the schema, or a string, or not in it.
ANY_TYPE = (
    "data.",
    "optimizer.lr",
    *OF_TORCH,
    *FURTHER,
    "training.strategy",
    "training.precision",
    "training.devices",
    "training.economies",
    "training.threads",
    "training.deterministic",
    "seed",
)


def select(plain: dict[str, Any], path: str) -> Any:
    """What stands at a dotted key of plain containers; `ABSENT` where there is nothing."""
    value: Any = plain
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return value


def follows_another(config: DictConfig, path: str) -> bool:
    """Whether a value is only an interpolation: the fault is told where it points."""
    parent, _, key = path.rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    return OmegaConf.is_interpolation(node, key)


def _comparable(path: str, value: Any) -> bool:
    """Whether a value is there and of a type that the schema let pass: one fault a key is enough."""
    if value is ABSENT or value == "???":
        return False
    return path.startswith(ANY_TYPE) or not isinstance(value, str) or path.startswith(("callbacks", "logger"))
