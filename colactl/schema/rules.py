"""Rules that tie the values of a config together."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from colactl.schema.arguments import OPTIMIZERS, optimizers
from colactl.schema.declaration import keys
from colactl.schema.faults import Fault
from colactl.schema.groups import Training
from colactl.schema.key_path import ABSENT, select
from colactl.schema.names import nearest

INSTANTIATE = ("_args_", "_partial_", "_recursive_", "_convert_")  # of `hydra.utils.instantiate`, never called here
# Where Lightning has its own and what a program has added, a notebook say, once it is loaded.
REGISTRIES = {
    "accelerator": ("pytorch_lightning.accelerators", "AcceleratorRegistry"),
    "strategy": ("pytorch_lightning.strategies", "StrategyRegistry"),
}


def faults(plain: dict[str, Any], follows: Callable[[str], bool]) -> Iterator[Fault]:
    """What does not fit together.

    Args:
        plain: The resolved config; some of its values may be of a wrong type, which is a fault of its own.
        follows: As for `check.examine`.
    """
    yield from _positions(plain)
    yield from _never_logged(plain, follows)
    yield from _not_registered(plain)
    yield from _no_optimizer(plain)
    yield from _own_callbacks_and_loggers(plain)


def _positions(plain: dict[str, Any]) -> Iterator[Fault]:
    length, positions = select(plain, "processing.max_length"), select(plain, "model.max_positions")
    if isinstance(length, int) and isinstance(positions, int) and length > positions:
        text = f"processing.max_length is {length}, and the model takes at most {positions} tokens"
        paths = ("processing.max_length", "model.max_positions")
        yield Fault(text, paths, example=f"processing.max_length={positions}")


def _never_logged(plain: dict[str, Any], follows: Callable[[str], bool]) -> Iterator[Fault]:
    """Early stopping where nothing is validated: what it waits for is never logged."""
    monitor = select(plain, "callbacks.early_stopping.monitor")
    if monitor is ABSENT or "_target_" in plain["callbacks"]["early_stopping"]:
        return
    limit, epochs = select(plain, "training.limit_val_batches"), select(plain, "training.max_epochs")
    every = select(plain, "training.check_val_every_n_epoch")
    if limit == 0 and not follows("training.limit_val_batches"):  # what it follows is 0 too: nothing is trained
        path, reason = "training.limit_val_batches", "nothing is validated"
    elif isinstance(every, int) and isinstance(epochs, int) and 0 < epochs < every:
        path, reason = "training.check_val_every_n_epoch", f"of {epochs} epochs none is validated"
    else:
        return
    text = f"callbacks.early_stopping waits for {monitor}, which is never logged: {reason}"
    yield Fault(text, (path,), example="callbacks.early_stopping=null")


def _not_registered(plain: dict[str, Any]) -> Iterator[Fault]:
    """An accelerator or a strategy that Lightning does not have, where no code of the user's may add it."""
    for name, (module, registry) in REGISTRIES.items():
        path, key = f"training.{name}", keys(Training)[name]
        value, known = select(plain, path), key.usual
        if not isinstance(value, str) or not key.allows(value):
            continue
        registered = (*known, *getattr(sys.modules.get(module), registry, ()))
        typed = value.lower() if name == "strategy" else value  # as Lightning reads it
        if typed not in registered and not _has_own_code(plain):
            near = nearest(value, known)
            text = f"{path} must be {known[0]}, {known[1]} or another that Lightning has"
            yield Fault(text, (path,), value, (f"{path}={near}",) if near else (), f"{path}=auto")


def _has_own_code(plain: dict[str, Any]) -> bool:
    target = str(plain["optimizer"].get("_target_", OPTIMIZERS))
    entries = [*plain["callbacks"].values(), *plain["logger"].values()]
    named = any(isinstance(entry, dict) and "_target_" in entry for entry in entries)
    return named or not target.startswith(OPTIMIZERS)


def _no_optimizer(plain: dict[str, Any]) -> Iterator[Fault]:
    """An optimizer that torch does not have, or one named without its module."""
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
            path, target = f"{group}.{name}", entry["_target_"]
            if not isinstance(target, str):
                yield Fault(f"{path}._target_ must be the dotted path of a class", (f"{path}._target_",), target)
            elif "." not in target:
                yield Fault(f"{target!r} names a class without its module", (f"{path}._target_",))
            for word in INSTANTIATE:
                if word in entry:
                    text = f"{path}.{word} would have no effect: the class is called with the other keys as they are"
                    yield Fault(text, (f"{path}.{word}",))
