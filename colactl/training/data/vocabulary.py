"""WordPiece vocabularies learned from the training sentences, and kept for the next run on the same ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from colactl.training.data.cache import cache_file, keep, used

PAD, UNKNOWN, CLS, SEP, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
FORMAT = 1  # of the files, and of the way to learn; raise it whenever either changes


def vocabulary(sentences: list[str], size: int) -> dict[str, int]:
    """Learns pieces of words (Schuster & Nakajima 2012), or finds them in the cache.

    Args:
        sentences: Raw sentences; the same ones give the same vocabulary, whatever their order.
        size: The largest number of pieces, special tokens included.

    Returns:
        The number of each piece, from 0.
    """
    told = hashlib.sha256("\n".join(sorted(sentences)).encode(errors="surrogatepass")).hexdigest()
    key = {"format": FORMAT, "sentences": told, "size": size, "tokenizers": tokenizers.__version__}
    file = cache_file("vocabularies", key, ".json")
    pieces = None if file is None else _read(file)
    if pieces is None:
        numbers = _learned(sentences, size)
        pieces = sorted(numbers, key=lambda piece: numbers[piece])
        if file is not None:
            keep(file, json.dumps({"pieces": pieces, "sha256": _digest(pieces)}).encode())
    return {piece: number for number, piece in enumerate(pieces)}


def plain(numbers: dict[str, int]) -> Tokenizer:
    """A lower-casing tokenizer as BERT's, without its special tokens."""
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _learned(sentences: list[str], size: int) -> dict[str, int]:
    tokenizer = plain({})
    # The trainer numbers the letters inside words as a hash table lists them, another way each time, and breaks ties
    # by those numbers. Given along with the special tokens, which come first, they have numbers that stay.
    inside = [f"##{letter}" for letter in sorted(_letters_inside_words(tokenizer, sentences))]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=[*SPECIAL_TOKENS, *inside], show_progress=False, min_frequency=2
    )
    tokenizer.train_from_iterator(sentences, trainer)
    numbers: dict[str, int] = tokenizer.get_vocab()
    return numbers


def _letters_inside_words(tokenizer: Tokenizer, sentences: list[str]) -> set[str]:
    normalized = map(tokenizer.normalizer.normalize_str, sentences)
    words = {word for sentence in normalized for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(sentence)}
    return {letter for word in words for letter in word[1:]}


def _read(file: Path) -> list[str] | None:
    """The pieces in their order; None where the file is not there or is not what was written."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        pieces: list[str] = kept["pieces"]
        sound = kept["sha256"] == _digest(pieces)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    used(file)
    return pieces if sound else None


def _digest(pieces: list[str]) -> str:
    return hashlib.sha256(json.dumps(pieces).encode()).hexdigest()
