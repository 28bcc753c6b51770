"""`_target_`: a class named in the config, checked before it is called, and made only when training starts."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.errors import ConfigError, first_line
from colactl.schema.arguments import OPTIMIZERS, optimizers

NO_CLASS = "Give the full dotted path of a class."


@dataclass(frozen=True)
class Kind:
    """What the classes that a group names must be.

    Attributes:
        module: Where the base class is imported from.
        name: The base class.
        words: What an instance is called.
        example: A class that is one.
    """

    module: str
    name: str
    words: str
    example: str

    def base(self) -> type[Any]:
        """The base class, imported."""
        found: type[Any] = getattr(importlib.import_module(self.module), self.name)
        return found

    @property
    def hint(self) -> str:
        """What to name instead."""
        return f"Name a subclass of {self.module}.{self.name}, such as {self.example}."


KINDS = {
    "callbacks": Kind(
        "pytorch_lightning", "Callback", "Lightning callback", "pytorch_lightning.callbacks.LearningRateMonitor"
    ),
    "logger": Kind("pytorch_lightning.loggers", "Logger", "Lightning logger", "pytorch_lightning.loggers.CSVLogger"),
    "optimizer": Kind("torch.optim", "Optimizer", "torch optimizer", "torch.optim.AdamW"),
}


def check(config: DictConfig) -> None:
    """Checks each class that a config names, as `make` does, but makes nothing.

    A module that is named is imported. torch's own optimizers are known from its source: a config that names nothing
    else costs no import.

    Args:
        config: The whole config.

    Raises:
        ConfigError: There is no such class, or it is not what its group is for.
    """
    known = [f"{OPTIMIZERS}{name}" for name in optimizers()]
    for key, path in _named(config):
        if not (key == "optimizer._target_" and path in known):
            locate(path, key)


def locate(path: Any, key: str) -> type[Any]:
    """The class that a dotted path names.

    Args:
        path: Such as torch.optim.AdamW.
        key: The config's key that holds it; its first word decides which base class it must have.

    Raises:
        ConfigError: There is none, its module cannot be imported, or it is something else.
    """
    kind = KINDS[key.partition(".")[0]]
    base, found = kind.base(), _imported(path, key)
    # Not isinstance and issubclass alone: an object may give a false __class__, and Logger, which is an ABC, counts
    # classes that were only registered with it.
    if not issubclass(type(found), type) or not type.__subclasscheck__(base, found):
        raise ConfigError(f"{key}: {path} is no {kind.words}", kind.hint)
    if inspect.isabstract(found) or found is KINDS["optimizer"].base():  # Optimizer is meant to be, but is no ABC
        raise ConfigError(f"{key}: {path} is abstract, and no {kind.words} can be made of it", kind.hint)
    return found  # type: ignore[no-any-return]  # a class, as was found above


def make(path: Any, key: str, *arguments: Any, options: Mapping[str, Any]) -> Any:
    """Calls the class that a dotted path names.

    Args:
        path: Such as torch.optim.AdamW.
        key: The config's key that stands above `_target_`, for the error.
        arguments: Passed by position.
        options: Passed by name.

    Returns:
        An instance of the group's base class.

    Raises:
        ConfigError: There is no such class, it refuses an argument, or it makes something else.
    """
    kind, factory = KINDS[key.partition(".")[0]], locate(path, f"{key}._target_")
    try:
        made = factory(*arguments, **options)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key}: {path} refuses its arguments: {error}", f"Look at the keys under {key}.") from error
    if not isinstance(made, kind.base()):  # its __new__ may return anything
        raise ConfigError(f"{key}: what {path} makes is no {kind.words}", kind.hint)
    return made


def make_entry(entry: Any, key: str) -> Any:
    """Makes what an entry of a user's own asks for: `_target_` names the class, the other keys are its arguments.

    They are handed over as they are: a `_target_` further below is a word in a mapping.

    Args:
        entry: The entry, resolved.
        key: The config's key that holds it, for the error.

    Raises:
        ConfigError: There is no such class, it refuses an argument, or it makes something else.
    """
    if not isinstance(entry, dict) or "_target_" not in entry:
        words = KINDS[key.partition(".")[0]].words.split()[-1]
        raise ConfigError(f"{key} is no {words}: it has no _target_", f"Name a class: {key}._target_=package.Class")
    options = {option: value for option, value in entry.items() if option != "_target_"}
    return make(entry["_target_"], key, options=options)


def _named(config: DictConfig) -> Iterator[tuple[str, Any]]:
    """The key of each `_target_` that is honoured, and what stands there."""
    for group in KINDS:
        node = config.get(group)
        plain: Any = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_dict(node) else {}
        entries = {group: plain} if group == "optimizer" else {f"{group}.{name}": each for name, each in plain.items()}
        for key, entry in entries.items():
            if isinstance(entry, dict) and "_target_" in entry:
                yield f"{key}._target_", entry["_target_"]


def _imported(path: Any, key: str) -> Any:
    """Whatever a dotted path names, its module imported."""
    module_name, _, name = path.rpartition(".") if isinstance(path, str) else ("", "", "")
    if not module_name or not name or module_name.startswith("."):
        raise ConfigError(f"{key}: {path!r} is no dotted path of a class", NO_CLASS)
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # a module of the user's may do anything
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
            raise ConfigError(f"{key}: there is no {path!r}: {first_line(error)}", NO_CLASS) from error
        raise _not_imported(path, key, error) from error
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise ConfigError(f"{key}: there is no {path!r}: {first_line(error)}", NO_CLASS) from error
    except (Exception, SystemExit) as error:  # of a module that imports its parts when they are asked for
        raise _not_imported(path, key, error) from error


def _not_imported(path: str, key: str, error: BaseException) -> ConfigError:
    told = f"{type(error).__name__}: {first_line(error)}"
    return ConfigError(f"{key}: {path} cannot be imported: {told}", "Mend its module, or name another class.")
