"""What does the work of an option that there is not: any model or file, another optimizer, other loggers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from colactl.composition.mistakes.known import Known
from colactl.schema.arguments import OPTIMIZERS, optimizer_arguments, optimizers, takes
from colactl.schema.key_path import select
from colactl.shell import joined

# For an option of the logger group, and what that does.
LOGGERS = {
    **dict.fromkeys(("wandb", "online"), (("logger=default", "logger.wandb.mode=online"), "log to W&B")),
    **dict.fromkeys(("none", "false", "off", "no"), (("logger=csv", "logger.csv=false"), "log nothing")),
}

OURS = ("_target_", "lr", "weight_decay", "warmup_ratio", "fused")  # what colactl itself gives an optimizer


def in_place_of(group: str, option: Any, near: str | None, known: Known) -> str:
    """The end of a sentence: the overrides that do what somebody wants who typed an option that there is not.

    Args:
        group: The group.
        option: As typed; null is None.
        near: The option that is spelt most like it, if any.
        known: What there is to choose from.

    Returns:
        Empty where there are none, or where `near` was probably meant.
    """
    name = str(option)
    if group == "logger" and name.casefold() in LOGGERS:
        return _would(*LOGGERS[name.casefold()])
    if not isinstance(option, str):
        return ""
    if group == "model" and (near is None or _is_another(name, near, known)):
        return _would(("model=transformers", f"model.name={name}"), "train one of the Hub or of a folder")
    if group == "data" and PurePath(name).suffix:
        return _would(("data=files", f"data.train={name}", "data.validation=FILE"), "read your own files")
    return _of_torch(name, near, known) if group == "optimizer" else ""


def _would(overrides: Sequence[str], do: str) -> str:
    return f"; {joined(overrides)} would {do}"


def _is_another(name: str, near: str, known: Known) -> bool:
    """Whether it is not the model of the near option: roberta-large, and not bert-base-uncased."""
    shipped = str(select(known.values("model", near), "name"))
    return "/" in name or (name.startswith(f"{near}-") and not shipped.endswith(f"/{name}"))


def _of_torch(name: str, near: str | None, known: Known) -> str:
    """Another of torch's optimizers, without what the shipped option has for its own."""
    if near and near.casefold() == name.casefold():
        return ""
    found = next((each for each in optimizers() if each.casefold() == name.casefold()), "")
    taken = optimizer_arguments(OPTIMIZERS + found) or {}
    if "weight_decay" not in taken:  # nor any options by parameter, which training gives
        return "" if near else _would((f"optimizer._target_={OPTIMIZERS}NAME",), "use another of torch's")
    shipped = known.values("optimizer", "adamw") or {}
    stray = [key for key in shipped if key not in OURS and not takes(taken.get(key, frozenset()), shipped[key])]
    words = (f"optimizer._target_={OPTIMIZERS}{found}", *(f"~optimizer.{key}" for key in stray))
    return _would(words, f"use torch's {found}")
