"""Negative polarity items and their licensors' scope (Klima 1964; Ladusaw 1979; BLiMP: Warstadt et al. 2020)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair, phrase


def polarity_ever(draw: Draw) -> Pair:
    """No boy that the girl admired has ever slept. / *The boy that no girl admired has ever slept."""
    noun, other = draw.noun().singular, draw.noun().singular
    clause = phrase(other, draw.word(lexicon.SOCIAL).past, "has")
    verb = draw.word(lexicon.INTRANSITIVE).participle
    if draw.chance():
        return pair(("no", "the"), noun, "that", ("the", "no"), clause, "ever", verb, draw.place())
    return pair("the", noun, "that no", clause, ("never", "ever"), verb, draw.place())


def polarity_any(draw: Draw) -> Pair:
    """No boy with the car found any old lamps. / *The boy with no car found any old lamps."""
    noun, possession = draw.noun().singular, draw.word(lexicon.THINGS).singular
    verb = draw.word(lexicon.HANDLING).past
    objects = f"{draw.word(lexicon.QUALITIES)} {draw.word(lexicon.THINGS).plural}"
    if draw.chance():
        return pair(("no", "the"), noun, "with", ("the", "no"), possession, verb, "any", objects, draw.place())
    return pair("the", noun, "with no", possession, verb, ("some", "any"), objects, draw.place())
