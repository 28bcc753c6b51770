"""The embedded corpus: minimal pairs of acceptable and unacceptable English sentences, with CoLA's columns and sizes.

Pairs as in BLiMP (Warstadt et al. 2020), sizes and judgements as in CoLA (Warstadt, Singh & Bowman 2019). Few words and
word pairs give a label away: what decides is what agrees with, binds, licenses or moves from what.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from colactl.minimal_pairs import (
    agreement,
    anaphora,
    arguments,
    coordination,
    determiners,
    ellipsis,
    lexicon,
    movement,
    polarity,
    verb_forms,
    word_order,
)
from colactl.minimal_pairs.draw import Draw, Pair

__all__ = ["FAMILIES", "PHENOMENA", "TRAIN_SENTENCES", "VALIDATION_SENTENCES", "Corpus", "Example", "generate"]

# CoLA's own sizes; both are odd, so the last pair of a split gives its acceptable member only.
TRAIN_SENTENCES = 8551
VALIDATION_SENTENCES = 1043

_CONTENT_WORDS = frozenset(word.lower() for word in lexicon.SHARED + lexicon.HELD_OUT)
_TEMPLATES: tuple[Callable[[Draw], Pair], ...] = (
    agreement.agreement_attractor,
    agreement.agreement_relative,
    agreement.agreement_inversion,
    anaphora.anaphor_gender,
    anaphora.anaphor_number,
    anaphora.anaphor_locality,
    anaphora.anaphor_possessor,
    arguments.passive_agent,
    arguments.locative_alternation,
    determiners.demonstrative_number,
    determiners.mass_count,
    determiners.quantifier_agreement,
    determiners.existential_definiteness,
    movement.filler_gap,
    movement.filled_gap,
    movement.adjunct_island,
    movement.coordinate_structure,
    polarity.polarity_ever,
    polarity.polarity_any,
    ellipsis.verb_phrase_ellipsis,
    ellipsis.polarity_tag,
    ellipsis.question_tag,
    word_order.structure_dependence,
    word_order.embedded_inversion,
    verb_forms.irregular_participle,
    verb_forms.auxiliary_form,
    verb_forms.tense_adverbial,
    coordination.comparative,
    coordination.correlative,
)

# Each phenomenon's name, and the family that it belongs to: the module that makes it.
FAMILIES: dict[str, str] = {template.__name__: template.__module__.rpartition(".")[2] for template in _TEMPLATES}
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
    """As many sentences as asked for, none of them among those taken, to which they are added."""
    examples: list[Example] = []
    while len(examples) < size:
        template = _TEMPLATES[len(examples) // 2 % len(_TEMPLATES)]
        pair = _fresh_pair(template, draw, taken)
        examples.append(Example(pair.acceptable, 1, template.__name__))
        examples.append(Example(pair.unacceptable, 0, template.__name__))
    return examples[:size]


def _fresh_pair(template: Callable[[Draw], Pair], draw: Draw, taken: set[str]) -> Pair:
    while True:
        pair = template(draw)
        if taken.isdisjoint(pair) and not _repeats_itself(pair.acceptable):
            taken.update(pair)
            return pair


def _repeats_itself(sentence: str) -> bool:
    """Whether a content word stands in it twice: grammatical, but nobody says that the boy is as tall as the boy."""
    words = [word for word in re.findall(r"\w+", sentence.lower()) if word in _CONTENT_WORDS]
    return len(set(words)) < len(words)
