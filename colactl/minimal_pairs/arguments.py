"""Argument structure: passives and the locative alternation (Rappaport & Levin 1985; Levin 1993; Jaeggli 1986)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair

# The object is the surface, the liquid follows "with"; the object is the liquid, the surface follows "onto".
SURFACE_VERBS = ("covered", "stained", "drenched", "soaked")
LIQUID_VERBS = ("poured", "spilled", "dripped", "dumped")


def passive_agent(draw: Draw) -> Pair:
    """This boy was admired by the king. / *had. This boy had admired the king. / *was."""
    plural = draw.chance()
    be = "were" if plural else "was"
    subject, adverb = draw.determined(draw.noun(), plural), draw.adverb()
    verb = draw.word(lexicon.SOCIAL).participle
    if draw.chance():
        return pair(subject, (be, "had"), adverb, verb, "by", draw.someone(), draw.place())
    return pair(subject, ("had", be), adverb, verb, draw.someone(), draw.place())


def locative_alternation(draw: Draw) -> Pair:
    """Mary covered the old table with paint. / *poured. Mary poured paint onto the old table. / *covered."""
    surface = f"the {draw.word(lexicon.QUALITIES)} {draw.word(lexicon.THINGS).singular}"
    liquid = f"the {draw.word(lexicon.SUBSTANCES)}"
    surface_verb, liquid_verb = draw.choice(SURFACE_VERBS), draw.choice(LIQUID_VERBS)
    if draw.chance():
        return pair(draw.someone(), (surface_verb, liquid_verb), surface, "with", liquid)
    return pair(draw.someone(), (liquid_verb, surface_verb), liquid, "onto", surface)
