"""What single values may be: a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from colactl.schema.arguments import optimizer_arguments
from colactl.schema.choices import CHOICES, OTHER_WORDS, SHORT_PRECISIONS
from colactl.schema.faults import Fault
from colactl.schema.groups import DATA_BY_SOURCE, GROUPS
from colactl.schema.key_path import ABSENT, select
from colactl.schema.names import nearest
from colactl.schema.values import default_of, fields_of

LARGEST_SEED = 2**32 - 1  # NumPy's bound
SHORTEST_INPUT = 3  # one token between the two special ones

PROFILERS = ("simple", "advanced", "pytorch", "xla")

UNITS = {"weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds"}

Test = Callable[[Any], bool]


@dataclass(frozen=True)
class Rule:
    """What a value may be.

    Attributes:
        test: Whether a value is allowed.
        wanted: What is, in words.
        words: All that is allowed, where it is a choice among words.
        example: A value as it is typed, where the schema's default is none.
    """

    test: Test
    wanted: str
    words: tuple[str, ...] = ()
    example: str = ""


def _one_of(key: str) -> Rule:
    words = CHOICES[key]
    return Rule(lambda value: value in words, f"{', '.join(words[:-1])} or {words[-1]}", words)


def _word(*words: str) -> Test:
    """Lightning's own test, of a text in any case; null is none."""
    return lambda value: value is None or (isinstance(value, str) and value.lower() in words)


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


def _share(value: Any) -> bool:
    """The same, without null; Lightning takes 5.0 for 5 batches."""
    return value is not None and (_limit(value) or (isinstance(value, float) and value >= 1 and value % 1 == 0))


def _time(value: Any) -> bool:
    """Lightning's: DD:HH:MM:SS, or the arguments of a timedelta."""
    if isinstance(value, dict):
        return set(value) <= UNITS and all(map(_number(0.0), value.values()))
    return value is None or bool(re.fullmatch(r"\d+(:\d\d){3}", str(value).strip()))


def _devices(value: Any) -> bool:
    """A number of them, -1 or auto for all, or their indices, also as a text such as 0,1."""
    if isinstance(value, list):
        return bool(value) and all(map(_integer(0), value))
    if isinstance(value, str):
        return bool(re.fullmatch(r"auto|-1|[1-9]\d*|(\s*\d+\s*,)+(\s*\d+\s*)?", value))
    return _or(_integer(1), -1)(value)


def _starts_afresh(value: Any) -> bool:
    return isinstance(value, str) and not any(word in value.lower() for word in ("spawn", "fork", "notebook"))


def _precision(value: Any) -> bool:
    known = (*CHOICES["training.precision"], *SHORT_PRECISIONS)
    return value is None or (not isinstance(value, float) and str(value) in known)


def _betas(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_number(0.0, 1.0)(beta) and beta < 1 for beta in value)


def _index_or_path(value: Any) -> bool:
    return isinstance(value, str) or _integer(0)(value)


def _paths(value: Any) -> bool:
    several = value if isinstance(value, list) else [value]
    return bool(several) and all(isinstance(path, str) and path for path in several)


RANGES: dict[str, Rule] = {
    "seed": Rule(_integer(0, LARGEST_SEED), f"an integer from 0 to {LARGEST_SEED}", example="0"),
    "processing.batch_size": Rule(_integer(1), "an integer of at least 1"),
    "processing.max_length": Rule(_integer(SHORTEST_INPUT), f"an integer of at least {SHORTEST_INPUT}"),
    "model.max_positions": Rule(
        _or(_integer(SHORTEST_INPUT), None), f"null or an integer of at least {SHORTEST_INPUT}"
    ),
    "model.vocab_size": Rule(_or(_integer(10), None), "null or an integer of at least 10"),
    "data.seed": Rule(_integer(0), "an integer of at least 0"),
    "data.train": Rule(_paths, "a path or a list of paths"),
    "data.validation": Rule(_paths, "a path or a list of paths"),
    "data.test": Rule(_or(_paths, None), "null, a path or a list of paths"),
    "data.format": _one_of("data.format"),
    "data.columns.sentence": Rule(_index_or_path, "a header's name or a position from 0"),
    "data.columns.label": Rule(_index_or_path, "a header's name or a position from 0"),
    "data.columns.source": Rule(_or(_index_or_path, None), "null, a header's name or a position from 0"),
    "training.max_epochs": Rule(_or(_integer(-1), None), "an integer of at least 0, or -1 for no limit"),
    "training.max_steps": Rule(_integer(-1), "an integer of at least 0, or -1 for no limit"),
    "training.log_every_n_steps": Rule(_integer(1), "an integer of at least 1"),
    "training.limit_train_batches": Rule(_limit, "an integer of at least 0 or a fraction from 0.0 to 1.0"),
    "training.limit_val_batches": Rule(_limit, "an integer of at least 0 or a fraction from 0.0 to 1.0"),
    "training.num_sanity_val_steps": Rule(_integer(-1), "an integer of at least -1"),
    "training.gradient_clip_val": Rule(_or(_number(0.0), None), "null or a number of at least 0"),
    "training.accumulate_grad_batches": Rule(_integer(1), "an integer of at least 1"),
    "training.deterministic": Rule(_or(lambda _: False, True, False, "warn"), "true, false or warn"),
    "training.precision": Rule(
        _precision, "auto, 32-true, bf16-mixed, 16-mixed or another of Lightning's", CHOICES["training.precision"]
    ),
    "training.devices": Rule(_devices, "an integer of at least 1, -1 or auto for all, or a list of indices"),
    "training.num_nodes": Rule(_integer(1), "an integer of at least 1"),
    "training.strategy": Rule(_starts_afresh, "ddp or another that starts its processes afresh"),
    "training.economies": _one_of("training.economies"),
    "training.threads": Rule(_or(_integer(1), "auto"), "auto or an integer of at least 1"),
    "optimizer.lr": Rule(_or(_number(0.0, open_below=True), "auto"), "auto or a number above 0"),
    "optimizer.betas": Rule(_betas, "two numbers from 0 to 1, and not 1", example="[0.9,0.95]"),
    "optimizer.eps": Rule(_number(0.0), "a number of at least 0", example="1e-8"),
    "optimizer.momentum": Rule(_number(0.0), "a number of at least 0", example="0.9"),
    "optimizer.weight_decay": Rule(_number(0.0), "a number of at least 0"),
    "optimizer.warmup_ratio": Rule(_number(0.0, 1.0), "a number from 0 to 1"),
    "logger.wandb.mode": _one_of("logger.wandb.mode"),
    "callbacks.checkpoint.monitor": _one_of("callbacks.checkpoint.monitor"),
    "callbacks.checkpoint.every_n_steps": Rule(_or(_integer(1), None), "null or an integer of at least 1"),
    "callbacks.early_stopping.monitor": _one_of("callbacks.early_stopping.monitor"),
    "callbacks.early_stopping.patience": Rule(_integer(0), "an integer of at least 0"),
}

# Arguments of the Trainer that no shipped config has.
FURTHER: dict[str, Rule] = {
    "training.max_time": Rule(_time, "a time as DD:HH:MM:SS", example="00:12:00:00"),
    "training.min_epochs": Rule(_or(_integer(0), None), "an integer of at least 0", example="1"),
    "training.min_steps": Rule(_or(_integer(-1), None), "an integer of at least -1", example="1"),
    "training.check_val_every_n_epoch": Rule(_or(_integer(1), None), "an integer of at least 1", example="1"),
    "training.val_check_interval": Rule(
        lambda value: _share(value) or _time(value), "an integer, a fraction or a time as DD:HH:MM:SS", example="0.5"
    ),
    "training.overfit_batches": Rule(_share, "an integer of at least 0 or a fraction from 0.0 to 1.0", example="1"),
    "training.fast_dev_run": Rule(_or(_integer(0), True, False), "true, false or an integer", example="true"),
    "training.gradient_clip_algorithm": Rule(_word("norm", "value"), "norm or value", ("norm", "value")),
    "training.profiler": Rule(_word(*PROFILERS), f"{', '.join(PROFILERS[:-1])} or {PROFILERS[-1]}", PROFILERS),
}
RANGES |= FURTHER
# By what `optimizer._target_` means: these hold for torch's own.
OF_TORCH = ("optimizer.betas", "optimizer.eps", "optimizer.momentum")


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


def _comparable(path: str, value: Any) -> bool:
    """Whether a value is there and of a type that the schema let pass: one fault a key is enough."""
    if value is ABSENT or value == "???":
        return False
    return path.startswith(ANY_TYPE) or not isinstance(value, str) or path.startswith(("callbacks", "logger"))
