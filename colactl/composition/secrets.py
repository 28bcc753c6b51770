"""Secrets have no place in a config, which is shown, logged and kept with every run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from omegaconf import DictConfig, ListConfig, OmegaConf

from colactl.errors import ConfigError

# Whole words: `tokenizer` and `max_tokens` are no secrets.
SECRET = re.compile(r"(?:^|[_.\-])(secret|token|password|api_key)(?:[_.\-]|$)", re.IGNORECASE)


def refuse_secrets(config: DictConfig) -> None:
    """Refuses to show a config that holds a secret.

    Raises:
        ConfigError: It does.
    """
    found = tuple(faults(config))
    if found:
        raise ConfigError("This config is not to be shown:", faults=found)


def faults(config: DictConfig | ListConfig, path: str = "") -> Iterator[str]:
    """The keys that name a secret and hold a literal value; the value itself is not told."""
    keys = range(len(config)) if isinstance(config, ListConfig) else list(config)
    for key in keys:
        place = f"{path}.{key}" if path else str(key)
        if OmegaConf.is_missing(config, key) or OmegaConf.is_interpolation(config, key):
            continue
        value = config[key]
        if OmegaConf.is_config(value):
            yield from faults(value, place)
        elif value is not None and SECRET.search(str(key)):
            yield f"{place} holds a secret, which every run would keep: leave it in the environment."
