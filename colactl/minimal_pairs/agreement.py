"""Subject-verb agreement, with and without attractors (Linzen, Dupoux & Goldberg 2016; BLiMP: Warstadt et al. 2020)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair, phrase


def agreement_attractor(draw: Draw) -> Pair:
    """This boy near those cars sleeps. / *sleep."""
    plural = draw.chance()
    subject = phrase(draw.determined(draw.noun(), plural), draw.attractor())
    return pair(subject, *_predicate(draw, plural), draw.place())


def agreement_relative(draw: Draw) -> Pair:
    """This boy who those girls admire sleeps. / *sleep."""
    plural, other_plural = draw.chance(), draw.chance()
    other = draw.determined(draw.noun(), other_plural)
    clause = phrase("who", other, draw.word(lexicon.SOCIAL).present(other_plural))
    return pair(draw.determined(draw.noun(), plural), clause, *_predicate(draw, plural), draw.place())


def agreement_inversion(draw: Draw) -> Pair:
    """Does this boy near those cars sleep? / *Do this boy near those cars sleep?"""
    plural = draw.chance()
    finite, rest = _predicate(draw, plural, inverted=True)
    subject = phrase(draw.determined(draw.noun(), plural), draw.attractor())
    return pair(finite, subject, rest, draw.place(), end="?")


def _predicate(draw: Draw, plural: bool, inverted: bool = False) -> tuple[tuple[str, str], str]:
    """The finite verb as (agreeing, disagreeing), and what follows it."""
    verb = draw.word(lexicon.INTRANSITIVE)
    singular, plural_form, rest = draw.choice(
        (
            ("does", "do", verb.base) if inverted else (verb.third, verb.base, ""),
            ("is", "are", draw.word(lexicon.FEELINGS)),
            ("has", "have", verb.participle),
        )
    )
    return ((plural_form, singular) if plural else (singular, plural_form)), rest
