"""Tokenizers: a pretrained one, or a WordPiece vocabulary learned from the training sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omegaconf import DictConfig
from tokenizers import decoders, processors
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from colactl.errors import ModelError, first_line
from colactl.training.data.vocabulary import CLS, MASK, PAD, SEP, SPECIAL_TOKENS, UNKNOWN, plain, vocabulary

# `fetch` has brought it into the cache, so nothing asks the network again. False, and not left out: where code comes
# with a model, transformers would ask on the terminal whether to run it.
FROM_CACHE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def load_tokenizer(model: DictConfig, sentences: Iterable[str]) -> PreTrainedTokenizerBase:
    """The tokenizer that a model's config asks for.

    Args:
        model: The config's `model` group, resolved.
        sentences: The training split's; read only where a vocabulary is to be learned.

    Returns:
        A tokenizer with a padding token.

    Raises:
        ModelError: It is not to be had.
    """
    source = model.get("tokenizer") or model.get("name")
    if source is None:
        return learn_tokenizer(sentences, model.vocab_size, model.max_positions)
    return load_pretrained_tokenizer(source, model.get("revision") or "main")


def load_pretrained_tokenizer(name: str, revision: str = "main") -> PreTrainedTokenizerBase:
    """A tokenizer of `transformers`, with a padding token; no code that a repository carries is ever run.

    Args:
        name: A local folder, or a name on the Hub.
        revision: The Hub's branch, tag or commit.

    Raises:
        ModelError: It is not to be had.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, **FROM_CACHE)
    except Exception as error:  # JSON, the Rust library and each tokenizer have errors of their own
        raise ModelError(f"the tokenizer {name!r} cannot be loaded: {first_line(error)}", not_found(name)) from error
    if tokenizer.pad_token is None:  # decoders such as GPT-2 have none; what stands there is masked anyhow
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def learn_tokenizer(sentences: Iterable[str], vocab_size: int, max_length: int) -> PreTrainedTokenizerFast:
    """Learns a lower-casing WordPiece vocabulary (Schuster & Nakajima 2012), as BERT has one.

    Args:
        sentences: Raw sentences; the same ones give the same vocabulary, whatever their order.
        vocab_size: The largest number of pieces, special tokens included.
        max_length: Tokens that the model takes, special ones included.

    Returns:
        A tokenizer that puts [CLS] before and [SEP] after a sentence.
    """
    tokenizer = plain(vocabulary(list(sentences), vocab_size))
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A {SEP}",
        pair=f"{CLS} $A {SEP} $B:1 {SEP}:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (CLS, SEP)],
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=CLS,
        sep_token=SEP,
        mask_token=MASK,
        # A pipeline would pass token types on, and not every architecture takes them.
        model_input_names=["input_ids", "attention_mask"],
    )


def not_found(name: str) -> str:
    """What to do about a model or tokenizer that cannot be loaded."""
    return f"Check that {name!r} is a model of transformers, or train the small one: --set model=default"
