"""Inversion: it heeds structure and spares embedded questions (Chomsky 1965; Emonds 1976; Crain & Nakayama 1987)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair, phrase

MODALS = ("can", "will", "should")


def structure_dependence(draw: Draw) -> Pair:
    """Can the boy who is tired sleep? / *Is the boy who tired can sleep?"""
    subject, feeling = f"the {draw.noun().singular} who", draw.word(lexicon.FEELINGS)
    modal, verb = draw.choice(MODALS), draw.word(lexicon.INTRANSITIVE).base
    if draw.chance():
        return pair((modal, "is"), subject, ("is", ""), feeling, ("", modal), verb, draw.place(), end="?")
    return pair(("is", modal), subject, (modal, ""), phrase(verb, draw.place()), ("", "is"), feeling, end="?")


def embedded_inversion(draw: Draw) -> Pair:
    """Mary knows what the boy will find. / *what will the boy find. What will the boy find?"""
    subject, modal = draw.someone(), draw.choice(MODALS)
    straight, inverted = f"{subject} {modal}", f"{modal} {subject}"
    tail = phrase(draw.word(lexicon.HANDLING).base, draw.place())
    if draw.chance():
        opening = phrase(draw.someone(), draw.choice(("knows", "wonders", "remembers")), "what")
        return pair(opening, (straight, inverted), tail)
    return pair("what", (inverted, straight), tail, end="?")
