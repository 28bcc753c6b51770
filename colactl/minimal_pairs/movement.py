"""Fillers, gaps and islands (Ross 1967; Huang 1982; Wilcox et al. 2018; BLiMP: Warstadt et al. 2020)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair, phrase

KNOWLEDGE = ("knows", "remembers", "discovered", "forgot")
BRIDGES = ("say that", "think that", "claim that", "believe that")
CONJUNCTIONS = ("before", "after", "because", "while")


def filler_gap(draw: Draw) -> Pair:
    """Mary knows what the boy found. / *that. Mary knows that the boy found the car. / *what."""
    opening = phrase(draw.someone(), draw.choice(KNOWLEDGE))
    clause = phrase(draw.someone(), draw.word(lexicon.HANDLING).past)
    if draw.chance():
        return pair(opening, ("what", "that"), clause, draw.place())
    return pair(opening, ("that", "what"), clause, draw.object(), draw.place())


def filled_gap(draw: Draw) -> Pair:
    """Did Mary say that the boy found the car? / *What did. What did Mary say that the boy found? / *Did."""
    middle = phrase(draw.someone(), draw.choice(BRIDGES), draw.someone(), draw.word(lexicon.HANDLING).past)
    if draw.chance():
        return pair(("did", "what did"), middle, draw.object(), draw.place(), end="?")
    return pair(("what did", "did"), middle, draw.place(), end="?")


def adjunct_island(draw: Draw) -> Pair:
    """What did Mary say that the boy found? / *What did Mary sleep because the boy found?"""
    adjunct = phrase(draw.word(lexicon.INTRANSITIVE).base, draw.choice(CONJUNCTIONS))
    subject, clause = draw.someone(), phrase(draw.someone(), draw.word(lexicon.HANDLING).past)
    if draw.chance():
        return pair("what did", subject, (draw.choice(BRIDGES), adjunct), clause, draw.place(), end="?")
    return pair(("did", "what did"), subject, adjunct, clause, draw.object(), draw.place(), end="?")


def coordinate_structure(draw: Draw) -> Pair:
    """What did Mary find and later repair? / *What did Mary find the car and later repair?"""
    subject, thing = draw.someone(), draw.object()
    first, second = draw.word(lexicon.HANDLING).base, f"and later {draw.word(lexicon.HANDLING).base}"
    if draw.chance():
        return pair(("did", "what did"), subject, first, draw.object(), second, thing, end="?")
    if draw.chance():
        return pair("what did", subject, first, ("", thing), second, end="?")
    return pair("what did", subject, first, second, ("", thing), end="?")
