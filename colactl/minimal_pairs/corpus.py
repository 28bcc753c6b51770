"""The corpus: its two splits, made from a seed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair
from colactl.minimal_pairs.phenomena import BY_FAMILY, Template

# CoLA's own sizes; both are odd, so the last pair of a split gives its acceptable member only.
TRAIN_SENTENCES = 8551
VALIDATION_SENTENCES = 1043

_CONTENT_WORDS = frozenset(word.lower() for word in lexicon.SHARED + lexicon.HELD_OUT)
_TEMPLATES: tuple[Template, ...] = tuple(chain.from_iterable(BY_FAMILY.values()))
FAMILIES: dict[str, str] = {template.__name__: family for family, group in BY_FAMILY.items() for template in group}
PHENOMENA: tuple[str, ...] = tuple(FAMILIES)


class Example(NamedTuple):
    """A judged sentence, with CoLA's columns: label 1 is acceptable, 0 is not; the source is the phenomenon."""

    sentence: str
    label: int
    source: str


@dataclass(frozen=True)
class Corpus:
    """The two splits.

    In each the members of a pair are neighbours, the acceptable one first, and the phenomena take turns.
    """

    train: list[Example]
    validation: list[Example]


def generate(seed: int = 0) -> Corpus:
    """Generates the corpus.

    Args:
        seed: Non-negative; the same seed gives the same sentences on every machine and Python version.

    Returns:
        8,551 training and 1,043 validation sentences, none of them twice.
    """
    generator = random.Random(seed)
    taken: set[str] = set()
    train = _split(Draw(generator, held_out=False), TRAIN_SENTENCES, taken)
    return Corpus(train, _split(Draw(generator, held_out=True), VALIDATION_SENTENCES, taken))


def _split(draw: Draw, size: int, taken: set[str]) -> list[Example]:
    """Makes `size` sentences that are not in `taken`, and adds them to it."""
    examples: list[Example] = []
    while len(examples) < size:
        template = _TEMPLATES[len(examples) // 2 % len(_TEMPLATES)]
        pair = _fresh_pair(template, draw, taken)
        examples.append(Example(pair.acceptable, 1, template.__name__))
        examples.append(Example(pair.unacceptable, 0, template.__name__))
    return examples[:size]


def _fresh_pair(template: Template, draw: Draw, taken: set[str]) -> Pair:
    while True:
        pair = template(draw)
        if taken.isdisjoint(pair) and not _repeats_itself(pair.acceptable):
            taken.update(pair)
            return pair


def _repeats_itself(sentence: str) -> bool:
    """Whether a content word occurs twice: grammatical, but nobody says that the boy is as tall as the boy."""
    words = [word for word in re.findall(r"\w+", sentence.lower()) if word in _CONTENT_WORDS]
    return len(set(words)) < len(words)
