"""`_target_`: a class named in the config, found and made only when training starts."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from colactl.errors import ConfigError

Made = TypeVar("Made")


def locate(path: str, key: str) -> Callable[..., Any]:
    """The class or function that a dotted path names.

    Args:
        path: Such as torch.optim.AdamW.
        key: The config's key that holds it, for the error.

    Raises:
        ConfigError: There is none.
    """
    module_name, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:  # ValueError: a path without a dot
        raise ConfigError(f"{key}: there is no {path!r}: {error}", "Give the full dotted path of a class.") from error
    if not callable(found):
        raise ConfigError(f"{key}: {path!r} cannot be called", "Give the full dotted path of a class.")
    return found  # type: ignore[no-any-return]


def make(path: str, key: str, *arguments: Any, options: Mapping[str, Any]) -> Any:
    """Calls what a dotted path names.

    Args:
        path: Such as torch.optim.AdamW.
        key: The config's key that stands above `_target_`, for the error.
        arguments: Passed by position.
        options: Passed by name.

    Raises:
        ConfigError: There is no such class, or it refuses an argument.
    """
    factory = locate(path, f"{key}._target_")
    try:
        return factory(*arguments, **options)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key}: {path} refuses its arguments: {error}", f"Look at the keys under {key}.") from error


def make_entry(entry: Mapping[str, Any], key: str, kind: type[Made]) -> Made:
    """Makes what an entry of a user's own asks for: `_target_` names the class, the other keys are its arguments.

    Args:
        entry: The entry, resolved.
        key: The config's key that holds it, for the error.
        kind: What it must be, one of Lightning's base classes.

    Raises:
        ConfigError: There is no such class, it refuses an argument, or it makes something else.
    """
    options = {option: value for option, value in entry.items() if option != "_target_"}
    made = make(entry["_target_"], key, options=options)
    if not isinstance(made, kind):
        name = kind.__name__
        raise ConfigError(f"{key}: {entry['_target_']} is no Lightning {name.lower()}", f"Name a subclass of {name}.")
    return made
