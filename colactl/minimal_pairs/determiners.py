"""Determiners and quantifiers with their nouns (Milsark 1974; Chierchia 1998; BLiMP: Warstadt et al. 2020)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import PREPOSITIONS, Draw, Pair, pair


def demonstrative_number(draw: Draw) -> Pair:
    """Mary found this old car. / *these old car."""
    plural = draw.chance()
    singular_form, plural_form = draw.choice((("this", "these"), ("that", "those")))
    forms = (plural_form, singular_form) if plural else (singular_form, plural_form)
    quality = draw.word(lexicon.QUALITIES) if draw.chance() else ""
    verb, noun = draw.word(lexicon.HANDLING).past, draw.word(lexicon.THINGS).form(plural)
    return pair(draw.someone(), verb, forms, quality, noun, draw.place())


def mass_count(draw: Draw) -> Pair:
    """Mary found too much old furniture. / *too many old furniture."""
    subject, verb = draw.someone(), draw.word(lexicon.HANDLING).past
    quality = draw.word(lexicon.QUALITIES)
    if draw.chance():
        return pair(subject, verb, "too", ("much", "many"), quality, draw.word(lexicon.MASS), draw.place())
    return pair(subject, verb, "too", ("many", "much"), quality, draw.word(lexicon.THINGS).plural, draw.place())


def quantifier_agreement(draw: Draw) -> Pair:
    """One of the boys near those cars has slept. / *Several of the boys near those cars has slept."""
    one, several = draw.choice(("one", "another")), draw.choice(("all", "several", "many"))
    verb = draw.word(lexicon.INTRANSITIVE).participle
    restriction = f"of the {draw.noun().plural}"
    if draw.chance():
        return pair((one, several), restriction, draw.attractor(), "has", verb, draw.place())
    return pair((several, one), restriction, draw.attractor(), "have", verb, draw.place())


def existential_definiteness(draw: Draw) -> Pair:
    """There was probably a boy near every car. / *There was probably every boy near a car."""
    opening = f"there was {draw.choice(('probably', 'certainly', 'often', 'usually'))}"
    strong = draw.choice(("every", "each"))
    noun, thing = draw.noun().singular, draw.word(lexicon.THINGS).singular
    return pair(opening, ("a", strong), noun, draw.choice(PREPOSITIONS), (strong, "a"), thing, draw.place())
