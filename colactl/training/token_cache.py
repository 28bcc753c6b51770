"""Tokenized splits kept on disk, by what they are made of: the sentences, the tokenizer and the length."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from colactl.runs.files import replacing
from colactl.training.split import Split

FORMAT = 1  # of the files; raise it whenever they change
LARGEST = 2**30  # bytes that all files may take; beyond it those that were not used for longest go
SUFFIX = ".safetensors"

Key = dict[str, Any]


def token_ids(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> Sequence[Tensor]:
    """The ids of each sentence, special tokens included, from the cache where it has them.

    Args:
        split: The sentences.
        tokenizer: Turns them into ids; one that is not of the `tokenizers` library is not cached, for want of a
            fingerprint.
        max_length: Tokens that a sentence is cut to, special ones included.

    Returns:
        For each sentence a tensor of int32 of shape (tokens,).
    """
    key = cache_key(split, tokenizer, max_length)
    file = None if key is None else _file(key)
    cached = None if file is None else _read(file)
    if cached is None:
        cached = _flat(tokenizer(split.sentences, truncation=True, max_length=max_length, return_attention_mask=False))
        _bare_backend(tokenizer)  # or an exported tokenizer.json would tell whether the ids were in the cache
        if file is not None:
            _write(file, *cached)
    ids, lengths = cached
    return torch.split(ids, lengths.tolist())


def cache_key(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> Key | None:
    """All that the ids depend on; None where that cannot be told."""
    backend = _bare_backend(tokenizer)
    if backend is None:
        return None
    return {
        "format": FORMAT,
        "split": split.fingerprint(),
        "tokenizer": hashlib.sha256(backend.to_str().encode()).hexdigest(),
        "class": type(tokenizer).__qualname__,
        "truncation_side": tokenizer.truncation_side,
        "transformers": transformers.__version__,
        "max_length": max_length,
    }


def _bare_backend(tokenizer: PreTrainedTokenizerBase) -> Any:
    """The tokenizer of the `tokenizers` library, if it is one, without the truncation and padding of the last call."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_truncation()  # each call sets both again
        backend.no_padding()
    return backend


def cache_folder() -> Path | None:
    """`$COLACTL_CACHE`, else `colactl` in the user's cache folder; None for a user without a home."""
    own, shared = os.environ.get("COLACTL_CACHE"), os.environ.get("XDG_CACHE_HOME")
    if own:
        return Path(own)
    try:
        return (Path(shared) if shared else Path.home() / ".cache") / "colactl"
    except RuntimeError:
        return None


def _file(key: Key) -> Path | None:
    folder = cache_folder()
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return None if folder is None else folder / "tokens" / f"{name}{SUFFIX}"


def _flat(encoded: Any) -> tuple[Tensor, Tensor]:
    rows = encoded["input_ids"]
    lengths = torch.tensor([len(row) for row in rows], dtype=torch.int32)
    return torch.tensor([token for row in rows for token in row], dtype=torch.int32), lengths


def _read(file: Path) -> tuple[Tensor, Tensor] | None:
    """Ids and lengths; None where the file is not there or is not what was written."""
    try:
        with safe_open(file, framework="pt") as opened:
            ids, lengths = opened.get_tensor("ids"), opened.get_tensor("lengths")
            sound = opened.metadata()["sha256"] == _digest(ids, lengths)
    except (OSError, SafetensorError, KeyError, TypeError):
        return None
    with suppress(OSError):  # a cache that others filled, or that cannot be written
        os.utime(file)  # it was used now
    return (ids, lengths) if sound else None


def _write(file: Path, ids: Tensor, lengths: Tensor) -> None:
    """Writes a file in one atomic step; where that cannot be done, there is none."""
    content = save({"ids": ids, "lengths": lengths}, metadata={"sha256": _digest(ids, lengths)})
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as written:
            written.write(content)
        _prune(file.parent)


def _prune(folder: Path) -> None:
    """Deletes what was not used for longest, a writer's remains included, until the rest is small enough."""
    files = []
    for path in list(folder.iterdir()):
        with suppress(FileNotFoundError):  # another process is done with it
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= LARGEST:
            return
        path.unlink(missing_ok=True)
        total -= size


def _digest(ids: Tensor, lengths: Tensor) -> str:
    return hashlib.sha256(lengths.numpy().tobytes() + ids.numpy().tobytes()).hexdigest()
