"""Ellipsis and tags, whose auxiliary and polarity come from the first clause (Klima 1964; Lasnik 1995)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair, phrase


def verb_phrase_ellipsis(draw: Draw) -> Pair:
    """Mary is tired in the park, and the boy is too. / *does too."""
    verb, feeling = draw.word(lexicon.INTRANSITIVE), draw.word(lexicon.FEELINGS)
    predicate, right, wrong = draw.choice(
        (
            (f"is {feeling}", "is", "does"),
            (f"is {feeling}", "is", "has"),
            (verb.third, "does", "is"),
            (f"has {verb.participle}", "has", "is"),
        )
    )
    first = phrase(draw.someone(), predicate, draw.place())
    return pair(f"{first}, and", draw.someone(), (right, wrong), "too")


def polarity_tag(draw: Draw) -> Pair:
    """Mary does not sleep, and neither does the boy. / *so. Mary sleeps, and so does the boy. / *neither."""
    verb = draw.word(lexicon.INTRANSITIVE)
    negative = draw.chance()
    positive_form, negative_form, auxiliary = draw.choice(
        ((verb.third, f"does not {verb.base}", "does"), (f"has {verb.participle}", f"has not {verb.participle}", "has"))
    )
    first = phrase(draw.someone(), negative_form if negative else positive_form, draw.place())
    tags = ("neither", "so") if negative else ("so", "neither")
    return pair(f"{first}, and", tags, auxiliary, draw.someone())


def question_tag(draw: Draw) -> Pair:
    """The queen, unlike Mr Smith, is tired, isn't she? / *isn't he?"""
    subject = draw.person(draw.chance())
    predicate, tag = draw.choice(
        (
            (f"is {draw.word(lexicon.FEELINGS)}", "isn't"),
            (f"has {draw.word(lexicon.INTRANSITIVE).participle}", "hasn't"),
        )
    )
    pronouns = ("she", "he") if subject.female else ("he", "she")
    return pair(draw.comparison(subject), f"{predicate},", tag, pronouns, end="?")
