"""Rules that tie values of a config together."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from colactl.schema.arguments import OPTIMIZERS, optimizers
from colactl.schema.choices import USUAL
from colactl.schema.faults import Fault
from colactl.schema.key_path import ABSENT, select
from colactl.schema.names import nearest
from colactl.schema.ranges import RANGES

INSTANTIATE = ("_args_", "_partial_", "_recursive_", "_convert_")  # of `hydra.utils.instantiate`, never called here
# Where Lightning has its own and what a program has added, a notebook say, once it is loaded.
REGISTRIES = {
    "training.accelerator": ("pytorch_lightning.accelerators", "AcceleratorRegistry"),
    "training.strategy": ("pytorch_lightning.strategies", "StrategyRegistry"),
}


def faults(plain: dict[str, Any], follows: Callable[[str], bool]) -> Iterator[Fault]:
    """What does not fit together.

    Args:
        plain: The resolved config; values of a wrong type are told elsewhere.
        follows: As for `examine`.
    """
    yield from _positions(plain)
    yield from _never_logged(plain, follows)
    yield from _unregistered(plain)
    yield from _no_class(plain)
    yield from _own_callbacks_and_loggers(plain)


def _never_logged(plain: dict[str, Any], follows: Callable[[str], bool]) -> Iterator[Fault]:
    """Early stopping where nothing is validated: what it waits for is never logged."""
    monitor = select(plain, "callbacks.early_stopping.monitor")
    if monitor is ABSENT or "_target_" in plain["callbacks"]["early_stopping"]:
        return
    limit, epochs = select(plain, "training.limit_val_batches"), select(plain, "training.max_epochs")
    every = select(plain, "training.check_val_every_n_epoch")
    text = f"callbacks.early_stopping waits for {monitor}, which is never logged"
    if limit == 0 and not follows("training.limit_val_batches"):  # what it follows is none either: nothing is trained
        key, why = "training.limit_val_batches", "nothing is validated"
    elif isinstance(every, int) and isinstance(epochs, int) and 0 < epochs < every:
        key, why = "training.check_val_every_n_epoch", f"of {epochs} epochs none is validated"
    else:
        return
    yield Fault(f"{text}: {why}", (key,), example="callbacks.early_stopping=null")


def _unregistered(plain: dict[str, Any]) -> Iterator[Fault]:
    """An accelerator or a strategy that Lightning has not, where there is no code of the user's that may add it."""
    for key, (module, registry) in REGISTRIES.items():
        value, known = select(plain, key), USUAL[key]
        if not isinstance(value, str) or (key in RANGES and not RANGES[key].test(value)):
            continue
        name = value.lower() if key == "training.strategy" else value  # as Lightning reads it
        if name in (*known, *getattr(sys.modules.get(module), registry, ())) or _has_code_of_its_own(plain):
            continue
        near = nearest(value, known)
        text = f"{key} must be {known[0]}, {known[1]} or another that Lightning has"
        yield Fault(text, (key,), value, (f"{key}={near}",) if near else (), f"{key}=auto")


def _no_class(plain: dict[str, Any]) -> Iterator[Fault]:
    """An optimizer that torch has not, or one named without its module."""
    target, known = select(plain, "optimizer._target_"), optimizers()
    if not isinstance(target, str) or not known:
        return
    module, _, name = target.rpartition(".")
    if not module or (f"{module}." == OPTIMIZERS and name not in known):
        near = nearest(name, known)
        text = f"{target} is none of torch's optimizers" if module else f"{target!r} names a class without its module"
        meant = (f"optimizer._target_={OPTIMIZERS}{near}",) if near else ()
        yield Fault(text, ("optimizer._target_",), meant=meant, example="optimizer._target_=torch.optim.AdamW")


def _own_callbacks_and_loggers(plain: dict[str, Any]) -> Iterator[Fault]:
    """Those of a user's own that name no class, or hold a word that only Hydra's `instantiate` reads."""
    for group in ("callbacks", "logger"):
        for name, entry in plain.get(group, {}).items():  # data alone is checked without them
            if not isinstance(entry, dict) or "_target_" not in entry:
                continue
            key, target = f"{group}.{name}", entry["_target_"]
            if not isinstance(target, str):
                yield Fault(f"{key}._target_ must be the dotted path of a class", (f"{key}._target_",), target)
            elif "." not in target:
                yield Fault(f"{target!r} names a class without its module", (f"{key}._target_",))
            for word in INSTANTIATE:
                if word in entry:
                    text = f"{key}.{word} would have no effect: the class is called with the other keys as they are"
                    yield Fault(text, (f"{key}.{word}",))


def _has_code_of_its_own(plain: dict[str, Any]) -> bool:
    target = str(plain["optimizer"].get("_target_", OPTIMIZERS))
    entries = [*plain["callbacks"].values(), *plain["logger"].values()]
    return not target.startswith(OPTIMIZERS) or any(isinstance(each, dict) and "_target_" in each for each in entries)


def _positions(plain: dict[str, Any]) -> Iterator[Fault]:
    length, positions = select(plain, "processing.max_length"), select(plain, "model.max_positions")
    if isinstance(length, int) and isinstance(positions, int) and length > positions:
        text = f"processing.max_length is {length}, and the model takes at most {positions} tokens"
        paths = ("processing.max_length", "model.max_positions")
        yield Fault(text, paths, example=f"processing.max_length={positions}")
