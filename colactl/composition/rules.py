"""Ranges of single values, and rules that tie two values together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.composition.schema import DATA_BY_SOURCE

METRICS = ("loss", "accuracy", "f1", "precision_macro", "recall_macro", "precision_micro", "recall_micro", "mcc")
MONITORS = tuple(f"valid/{metric}" for metric in METRICS)
LARGEST_SEED = 2**32 - 1  # NumPy's bound
SHORTEST_INPUT = 3  # one token between the two special ones

Test = Callable[[Any], bool]


def _integer(least: int, most: float = float("inf")) -> Test:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _number(least: float, most: float = float("inf"), open_below: bool = False) -> Test:
    def test(value: Any) -> bool:
        inside = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
        return inside and not (open_below and value == least)

    return test


def _or(test: Test, *others: Any) -> Test:
    return lambda value: any(value is other or value == other for other in others) or test(value)


def _limit(value: Any) -> bool:
    """Lightning's: an integer counts batches, a float is a share of them."""
    return value is None or (_integer(0)(value) if isinstance(value, int) else _number(0.0, 1.0)(value))


def _index_or_path(value: Any) -> bool:
    return isinstance(value, str) or _integer(0)(value)


def _paths(value: Any) -> bool:
    several = value if isinstance(value, list) else [value]
    return bool(several) and all(isinstance(path, str) and path for path in several)


RANGES: dict[str, tuple[Test, str]] = {
    "seed": (_integer(0, LARGEST_SEED), f"an integer from 0 to {LARGEST_SEED}"),
    "processing.batch_size": (_integer(1), "an integer of at least 1"),
    "processing.max_length": (_integer(SHORTEST_INPUT), f"an integer of at least {SHORTEST_INPUT}"),
    "model.max_positions": (_or(_integer(SHORTEST_INPUT), None), f"null or an integer of at least {SHORTEST_INPUT}"),
    "model.vocab_size": (_or(_integer(10), None), "null or an integer of at least 10"),
    "data.seed": (_integer(0), "an integer of at least 0"),
    "data.train": (_paths, "a path or a list of paths"),
    "data.validation": (_paths, "a path or a list of paths"),
    "data.test": (_or(_paths, None), "null, a path or a list of paths"),
    "data.format": (_or(lambda _: False, "auto", "tsv", "csv", "jsonl", "parquet"), "auto, tsv, csv, jsonl or parquet"),
    "data.columns.sentence": (_index_or_path, "a header's name or a position from 0"),
    "data.columns.label": (_index_or_path, "a header's name or a position from 0"),
    "data.columns.source": (_or(_index_or_path, None), "null, a header's name or a position from 0"),
    "training.max_epochs": (_or(_integer(-1), None), "an integer of at least 0, or -1 for no limit"),
    "training.max_steps": (_integer(-1), "an integer of at least 0, or -1 for no limit"),
    "training.log_every_n_steps": (_integer(1), "an integer of at least 1"),
    "training.limit_train_batches": (_limit, "an integer of at least 0 or a fraction from 0.0 to 1.0"),
    "training.limit_val_batches": (_limit, "an integer of at least 0 or a fraction from 0.0 to 1.0"),
    "training.num_sanity_val_steps": (_integer(-1), "an integer of at least -1"),
    "training.gradient_clip_val": (_or(_number(0.0), None), "null or a number of at least 0"),
    "training.accumulate_grad_batches": (_integer(1), "an integer of at least 1"),
    "training.deterministic": (_or(lambda _: False, True, False, "warn"), "true, false or warn"),
    "training.num_nodes": (_integer(1), "an integer of at least 1"),
    "training.strategy": (
        lambda value: isinstance(value, str) and not any(word in value for word in ("spawn", "fork", "notebook")),
        "ddp or another that starts its processes afresh",
    ),
    "training.threads": (_or(_integer(1), "auto"), "auto or an integer of at least 1"),
    "optimizer.lr": (_or(_number(0.0, open_below=True), "auto"), "auto or a number above 0"),
    "optimizer.weight_decay": (_number(0.0), "a number of at least 0"),
    "optimizer.warmup_ratio": (_number(0.0, 1.0), "a number from 0 to 1"),
    "logger.wandb.mode": (_or(lambda _: False, "online", "offline", "disabled"), "online, offline or disabled"),
    "callbacks.checkpoint.monitor": (lambda value: value in MONITORS, f"one of {', '.join(MONITORS)}"),
    "callbacks.checkpoint.every_n_steps": (_or(_integer(1), None), "null or an integer of at least 1"),
    "callbacks.early_stopping.monitor": (lambda value: value in MONITORS, f"one of {', '.join(MONITORS)}"),
    "callbacks.early_stopping.patience": (_integer(0), "an integer of at least 0"),
}


def faults(plain: dict[str, Any], follows: Callable[[str], bool]) -> Iterator[str]:
    """What is out of range or does not fit together.

    Args:
        plain: The resolved config; values of the wrong type are told elsewhere, so their faults here repeat nothing.
        follows: As `follows_another` of the config as it was composed.
    """
    if plain["data"].get("source") not in DATA_BY_SOURCE:
        yield f"data.source must be one of {', '.join(DATA_BY_SOURCE)}, and is {plain['data'].get('source')!r}."
        return
    for path, (test, wanted) in RANGES.items():
        value = _select(plain, path)
        if _comparable(path, value) and not test(value) and not follows(path):
            yield f"{path} must be {wanted}, and is {value!r}."
    yield from _positions(plain)


ABSENT = object()
# Typed Any in the schema, or a string.
ANY_TYPE = (
    "data.",
    "optimizer.lr",
    "training.strategy",
    "training.threads",
    "training.deterministic",
    "seed",
)  # any type


def _select(plain: dict[str, Any], path: str) -> Any:
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


def _positions(plain: dict[str, Any]) -> Iterator[str]:
    length, positions = _select(plain, "processing.max_length"), _select(plain, "model.max_positions")
    if isinstance(length, int) and isinstance(positions, int) and length > positions:
        yield f"processing.max_length is {length}, and the model takes at most {positions} tokens."
