"""Irregular forms, auxiliaries and tense (Chomsky 1957; Quirk et al. 1985; Pinker 1999; BLiMP: Warstadt 2020)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair, phrase


def irregular_participle(draw: Draw) -> Pair:
    """Mary has probably taken the car. / *took. Mary probably took the car. / *taken."""
    verb, adverb = draw.word(lexicon.IRREGULAR), draw.adverb()
    if draw.chance():
        return pair(draw.someone(), "has", adverb, (verb.participle, verb.past), draw.object(), draw.place())
    return pair(draw.someone(), adverb, (verb.past, verb.participle), draw.object(), draw.place())


def auxiliary_form(draw: Draw) -> Pair:
    """Will the boy near that car sleep? / *Is the boy near that car sleep?"""
    verb = draw.word(lexicon.INTRANSITIVE)
    right, wrong, form = draw.choice(
        (
            ("will", "is", verb.base),
            ("will", "has", verb.base),
            ("is", "will", verb.gerund),
            ("has", "will", verb.participle),
        )
    )
    subject = phrase(f"the {draw.noun().singular}", draw.attractor())
    return pair((right, wrong), subject, form, draw.place(), end="?")


def tense_adverbial(draw: Draw) -> Pair:
    """Last week the boy near that car slept. / *Next week the boy near that car slept."""
    verb = draw.word(lexicon.INTRANSITIVE)
    past, future = draw.choice((("last week", "next week"), ("yesterday", "tomorrow"), ("last year", "next year")))
    subject = phrase(f"the {draw.noun().form(draw.chance())}", draw.attractor())
    if draw.chance():
        return pair((past, future), subject, verb.past, draw.place())
    return pair((future, past), subject, f"will {verb.base}", draw.place())
