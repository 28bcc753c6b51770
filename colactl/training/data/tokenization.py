"""Tokenizers: a pretrained one, or a WordPiece vocabulary learned from the training sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omegaconf import DictConfig
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from colactl.errors import ModelError, first_line

PAD, UNKNOWN, CLS, SEP, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
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
        ModelError: It is not available.
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
        ModelError: It is not available.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, **FROM_CACHE)
    except Exception as error:  # JSON, the Rust library and each tokenizer have errors of their own
        message = f"the tokenizer {name!r} cannot be loaded: {first_line(error)}"
        raise ModelError(message, not_loaded_hint(name)) from error
    if tokenizer.pad_token is None:  # decoders such as GPT-2 have none; what stands there is masked anyhow
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def not_loaded_hint(name: str) -> str:
    """What to do about a model or tokenizer that cannot be loaded."""
    return f"Check that {name!r} is a model of transformers, or train the small one: --set model=default"


def learn_tokenizer(sentences: Iterable[str], vocab_size: int, max_length: int) -> PreTrainedTokenizerFast:
    """Learns a lower-casing WordPiece vocabulary (Schuster & Nakajima 2012), as BERT has one.

    Args:
        sentences: Raw sentences; the same ones give the same vocabulary, whatever their order.
        vocab_size: The largest number of pieces, special tokens included.
        max_length: Tokens that the model takes, special ones included.

    Returns:
        A tokenizer that puts [CLS] before and [SEP] after a sentence.
    """
    tokenizer = _word_piece(_learn_vocabulary(list(sentences), vocab_size))
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


def tokenize(sentences: list[str], tokenizer: PreTrainedTokenizerBase, max_length: int) -> list[list[int]]:
    """The ids of each sentence, special tokens included.

    Args:
        sentences: Any texts; an empty one may have no ids, as with GPT-2's tokenizer.
        tokenizer: It is left without truncation and padding, so that it is saved as it was loaded.
        max_length: Tokens that a sentence is cut to, special ones included.
    """
    encoded = tokenizer(sentences, truncation=True, max_length=max_length, return_attention_mask=False)
    backend = getattr(tokenizer, "backend_tokenizer", None)  # of the `tokenizers` library, where it is one of its own
    if backend is not None:
        backend.no_truncation()
        backend.no_padding()
    token_ids: list[list[int]] = encoded["input_ids"]
    return token_ids


def _word_piece(vocabulary: dict[str, int]) -> Tokenizer:
    """A lower-casing tokenizer as BERT's, without its special tokens."""
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _learn_vocabulary(sentences: list[str], size: int) -> dict[str, int]:
    """The number of each piece, from 0."""
    tokenizer = _word_piece({})
    # The trainer numbers the letters inside words as a hash table lists them, another way each time, and breaks ties
    # by those numbers. Given along with the special tokens, which come first, they have numbers that stay.
    inside = [f"##{letter}" for letter in sorted(_letters_inside_words(tokenizer, sentences))]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=[*SPECIAL_TOKENS, *inside], show_progress=False, min_frequency=2
    )
    tokenizer.train_from_iterator(sentences, trainer)
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    return dict(sorted(vocabulary.items(), key=lambda item: item[1]))


def _letters_inside_words(tokenizer: Tokenizer, sentences: list[str]) -> set[str]:
    normalized = map(tokenizer.normalizer.normalize_str, sentences)
    words = {word for sentence in normalized for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(sentence)}
    return {letter for word in words for letter in word[1:]}
