"""Downloads a model and a data set into the Hub's cache, before anything heavy is imported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from huggingface_hub import metadata_load
from omegaconf import DictConfig

from colactl.errors import DataError
from colactl.training.hub.repository import Repository

CARD = "README.md"
WHOLE = ["*"]
PART = re.compile(r"-\d+-of-(\d+)")
# What from_pretrained reads besides the weights: configs and tokenizers, at the repository's root.
SMALL_FILES = ["*.json", "*.txt", "*.model"]
BELOW_THE_ROOT = ["*/*"]
# The kinds of weights, the preferred first: a pickle comes last, and is loaded with weights_only=True.
WEIGHTS = (
    ["model.safetensors"],
    ["model.safetensors.index.json", "model-*.safetensors"],
    ["pytorch_model.bin"],
    ["pytorch_model.bin.index.json", "pytorch_model-*.bin"],
)
# A tokenizer has one of these; CANINE's and ByT5's, which need no vocabulary, the last alone.
TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "tokenizer_config.json")


def fetch(config: DictConfig) -> None:
    """Downloads what a config needs of the Hub into the cache; what is there already needs no network.

    Args:
        config: The whole config, validated.

    Raises:
        DataError: The data set is not available.
        ModelError: The model or the tokenizer is not available.
    """
    if config.data.source == "hub" and not Path(config.data.path).is_dir():
        fetch_data_set(config.data)
    model = config.model
    revision = model.get("revision") or "main"
    tokenizer = model.get("tokenizer") or model.get("name")
    if _is_remote(model.get("name")):
        _fetch_model(Repository(model.name, "model", revision), weights=True, tokenizer=tokenizer == model.name)
    if _is_remote(tokenizer) and tokenizer != model.get("name"):
        _fetch_model(Repository(tokenizer, "model", revision), weights=False, tokenizer=True)


def fetch_model(name: str) -> None:
    """Downloads a model, with its tokenizer, into the cache.

    Args:
        name: On the Hub.

    Raises:
        ModelError: It is not available.
    """
    _fetch_model(Repository(name, "model", "main"), weights=True, tokenizer=True)


def fetch_data_set(data: DictConfig) -> tuple[Path, dict[str, list[str]] | None]:
    """The cached repository of a data set.

    Args:
        data: The config's `data` group.

    Returns:
        Its folder, and the patterns of each split's files below it; None where its card lists none.

    Raises:
        DataError: It is not available, or has no such configuration.
    """
    repository = Repository(data.path, "dataset", data.get("revision") or "main")
    folder = repository.cached([CARD])
    if folder is None or not _data_is_whole(repository, folder, data):
        folder = repository.download(lambda names, get: _data_names(names, get(CARD) if CARD in names else None, data))
    return folder, _split_files(folder / CARD, data)


def _is_remote(name: str | None) -> bool:
    return name is not None and not Path(name).is_dir()


def _fetch_model(repository: Repository, weights: bool, tokenizer: bool) -> None:
    """Downloads a repository into the cache unless it is there, with the weights and the tokenizer if asked for."""
    folder = repository.cached(SMALL_FILES, BELOW_THE_ROOT)
    has_tokenizer = folder is not None and (not tokenizer or _has_tokenizer(folder))
    has_weights = folder is not None and (not weights or _weights_are_whole(folder))
    if not (has_tokenizer and has_weights):
        repository.download(lambda names, _: _model_names(names, weights))


def _model_names(names: list[str], weights: bool) -> list[str]:
    heavy = next((kind for kind in WEIGHTS if kind[0] in names), []) if weights else []
    return [name for name in names if "/" not in name and _matches(name, [*SMALL_FILES, *heavy])]


def _has_tokenizer(folder: Path) -> bool:
    return any(True for pattern in TOKENIZERS for _ in folder.glob(pattern))


def _weights_are_whole(folder: Path) -> bool:
    """Whether the preferred kind of weights that is there has all its shards."""
    name = next((kind[0] for kind in WEIGHTS if (folder / kind[0]).exists()), None)
    if name is None or not name.endswith(".index.json"):
        return name is not None
    shards = set(json.loads((folder / name).read_text(encoding="utf-8"))["weight_map"].values())
    return all((folder / shard).exists() for shard in shards)


def _data_is_whole(repository: Repository, folder: Path, data: DictConfig) -> bool:
    splits = _split_files(folder / CARD, data)
    patterns = WHOLE if splits is None else _patterns(splits)
    if repository.cached(patterns) is None or not all(any(folder.glob(pattern)) for pattern in patterns):
        return False
    return all(_has_other_parts(file) for pattern in patterns for file in folder.glob(pattern))


def _has_other_parts(file: Path) -> bool:
    """Whether the rest of a split is there too, where its files are named as the Hub does: train-00000-of-00002."""
    part = PART.search(file.name)
    return part is None or len(list(file.parent.glob(PART.sub(rf"-*-of-{part[1]}", file.name)))) == int(part[1])


def _data_names(names: list[str], card: Path | None, data: DictConfig) -> list[str]:
    splits = None if card is None else _split_files(card, data)
    return names if splits is None else [name for name in names if _matches(name, _patterns(splits))]


def _patterns(splits: dict[str, list[str]]) -> list[str]:
    return [pattern for patterns in splits.values() for pattern in patterns]


def _split_files(card: Path, data: DictConfig) -> dict[str, list[str]] | None:
    """The files of each split, as the card lists them for the chosen configuration."""
    metadata: dict[str, Any] = (metadata_load(card) if card.exists() else None) or {}
    configurations = metadata.get("configs")
    files = _configuration(configurations, data).get("data_files") if configurations else None
    if not isinstance(files, list) or not all(isinstance(entry, dict) for entry in files):
        return None
    return {entry["split"]: [entry["path"]] if isinstance(entry["path"], str) else entry["path"] for entry in files}


def _configuration(configurations: list[dict[str, Any]], data: DictConfig) -> dict[str, Any]:
    """The one that `data.name` says; without it the default one, as `datasets` has it."""
    names = {str(configuration.get("config_name")): configuration for configuration in configurations}
    if data.name:
        chosen = names.get(data.name)
    else:
        marked = (configuration for configuration in configurations if configuration.get("default"))
        chosen = configurations[0] if len(configurations) == 1 else names.get("default") or next(marked, None)
    if chosen is None:
        wanted = f"configuration {data.name!r}" if data.name else "default configuration"
        raise DataError(f"the data set {data.path!r} has no {wanted}", f"Set data.name to one of {', '.join(names)}")
    return chosen


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
