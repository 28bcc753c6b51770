"""Tokenized splits kept on disk, by what they are made of: the sentences, the tokenizer and the length."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from colactl.training.data.cache import Key, cache_file, keep, used
from colactl.training.data.split import Split

FORMAT = 1  # of the files; raise it whenever they change


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
    file = None if key is None else cache_file("tokens", key, ".safetensors")
    cached = None if file is None else _read(file)
    if cached is None:
        cached = _flat(tokenizer(split.sentences, truncation=True, max_length=max_length, return_attention_mask=False))
        _bare_backend(tokenizer)  # or an exported tokenizer.json would tell whether the ids were in the cache
        if file is not None:
            keep(file, save(dict(zip(("ids", "lengths"), cached, strict=True)), metadata={"sha256": _digest(*cached)}))
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
    used(file)
    return (ids, lengths) if sound else None


def _digest(ids: Tensor, lengths: Tensor) -> str:
    return hashlib.sha256(lengths.numpy().tobytes() + ids.numpy().tobytes()).hexdigest()
