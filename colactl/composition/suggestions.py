"""What there is to choose from, and what to type instead of a group or an option that is not there."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import PurePath
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.composition.hydra_port import Configs
from colactl.composition.session import all_groups
from colactl.errors import ConfigError
from colactl.schema.arguments import OPTIMIZERS, optimizer_arguments, optimizers
from colactl.schema.key_path import ABSENT, select
from colactl.schema.names import nearest
from colactl.schema.values import takes
from colactl.shell import joined

OFFERED = 12  # options that are listed in a sentence
# For an option of the logger group that does not exist: what to type instead, and what that does.
LOGGERS = {
    **dict.fromkeys(("wandb", "online"), (("logger=default", "logger.wandb.mode=online"), "log to W&B")),
    **dict.fromkeys(("none", "false", "off", "no"), (("logger=csv", "logger.csv=false"), "log nothing")),
}
OURS = ("_target_", "lr", "weight_decay", "warmup_ratio", "fused")  # what colactl itself gives an optimizer


class Available:
    """The groups and options that a config can be composed of.

    Args:
        configs: Where Hydra looks when it composes.
    """

    def __init__(self, configs: Configs) -> None:
        self._configs = configs

    def is_group(self, name: str) -> bool:
        """Whether there is such a group."""
        return self._configs.is_group(name)

    def options(self, group: str) -> list[str]:
        """The options of a group."""
        return self._configs.options(group)

    def has(self, group: str, option: str) -> bool:
        """Whether a group has an option; one may also lie in a folder below it."""
        return self._configs.has(f"{group}/{option}")

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Every group that has options, at any depth; of Hydra's own the launcher's alone."""
        return tuple(group for group in all_groups(self._configs) if self.options(group))

    @cached_property
    def top(self) -> frozenset[str]:
        """The groups at the top."""
        return frozenset(self._configs.groups()) - {"hydra"}

    def refuse_unknown_config(self, name: str) -> None:
        """Refuses the name of a primary config that does not exist, and suggests one that is near.

        Raises:
            ConfigError: There is none of that name.
        """
        if not self._configs.has(name):
            near = nearest(name, [option for option in self.options("") if not option.startswith("_")])
            hint = f"Did you mean --config-name {near}?" if near else "It is the name of a file, less .yaml."
            raise ConfigError(f"There is no config named {name!r}.", hint)

    def groups_with(self, option: str) -> list[str]:
        """The groups that have an option of this name."""
        return [group for group in self.groups if option in self.options(group)]

    def choices_with(self, key: str) -> list[str]:
        """The choices that would bring a key, such as data=files for data.train, where it begins with a group."""
        groups = [group for group in self.groups if key.startswith(f"{group.replace('/', '.')}.")]
        group = max(groups, key=len, default="")
        choices: list[str] = []
        for option in self.options(group) if group else ():
            with suppress(ConfigError, OmegaConfBaseException):  # it cannot be read, and was not asked for
                if select(self._values(group, option), key[len(group) + 1 :]) is not ABSENT:
                    choices.append(f"{group}={option}")
        return choices

    def nearest(self, group: str, option: str) -> tuple[str, str] | None:
        """The group and the option that were probably meant by these names, if both are near or right."""
        near = group if group in self.groups else nearest(group, self.groups)
        options = self.options(near) if near else []
        near_option = option if option in options else nearest(option, options)
        return (near, near_option) if near and near_option else None

    def offer(self, group: str) -> str:
        """What a group has, in words."""
        options = self.options(group)
        more = f" and {len(options) - OFFERED} more" if len(options) > OFFERED else ""
        return f"the group has {', '.join(options[:OFFERED])}{more}" if options else "the group has no options"

    def substitute(self, group: str, option: Any, near: str | None) -> str:
        """The end of a sentence: the overrides that do what somebody wants who typed an option that does not exist.

        Any model or file, another optimizer, other loggers.

        Args:
            group: The group.
            option: As typed; null is None.
            near: The option that is spelt most like it, if any.

        Returns:
            Empty where there are none, or where `near` was probably meant.
        """
        name = str(option)
        if group == "logger" and name.casefold() in LOGGERS:
            return _would(*LOGGERS[name.casefold()])
        if not isinstance(option, str):
            return ""
        if group == "model" and (near is None or self._is_another_model(name, near)):
            return _would(("model=transformers", f"model.name={name}"), "train one of the Hub or of a folder")
        if group == "data" and PurePath(name).suffix:
            return _would(("data=files", f"data.train={name}", "data.validation=FILE"), "read your own files")
        return self._optimizer_of_torch(name, near) if group == "optimizer" else ""

    def _is_another_model(self, name: str, near: str) -> bool:
        """Whether it is not the model of the near option: roberta-large, and not bert-base-uncased."""
        shipped = str(select(self._values("model", near), "name"))
        return "/" in name or (name.startswith(f"{near}-") and not shipped.endswith(f"/{name}"))

    def _optimizer_of_torch(self, name: str, near: str | None) -> str:
        """Another of torch's optimizers, without what the shipped option has for its own."""
        if near and near.casefold() == name.casefold():
            return ""
        known = next((known for known in optimizers() if known.casefold() == name.casefold()), "")
        arguments = optimizer_arguments(OPTIMIZERS + known) or {}
        if "weight_decay" not in arguments:  # nor any options by parameter, which training gives
            return "" if near else _would((f"optimizer._target_={OPTIMIZERS}NAME",), "use another of torch's")
        shipped = self._values("optimizer", "adamw") or {}
        stray = [key for key in shipped if key not in OURS and not takes(arguments.get(key, frozenset()), shipped[key])]
        words = (f"optimizer._target_={OPTIMIZERS}{known}", *(f"~optimizer.{key}" for key in stray))
        return _would(words, f"use torch's {known}")

    def _values(self, group: str, option: str) -> Any:
        """What the file of an option holds, less what its own defaults bring; None where there is no such option."""
        loaded = self._configs.load(f"{group}/{option}")
        return OmegaConf.to_container(loaded.config) if loaded else None


def _would(overrides: tuple[str, ...], do: str) -> str:
    return f"; {joined(overrides)} would {do}"
