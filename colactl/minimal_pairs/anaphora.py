"""Reflexives and their antecedents: Principle A of the binding theory (Chomsky 1981; BLiMP: Warstadt et al. 2020)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair

SPEECH = ("said", "thought", "claimed", "believed")


def anaphor_gender(draw: Draw) -> Pair:
    """The queen, unlike Mr Smith, admired herself. / *himself."""
    subject = draw.person(draw.chance())
    verb = draw.word(lexicon.SOCIAL).past
    return pair(draw.comparison(subject), verb, _reflexives(subject.female), draw.place())


def anaphor_number(draw: Draw) -> Pair:
    """These boys near that car admired themselves. / *himself."""
    female, plural = draw.chance(), draw.chance()
    subject = draw.determined(draw.word(lexicon.WOMEN if female else lexicon.MEN), plural)
    singular = "herself" if female else "himself"
    reflexives = ("themselves", singular) if plural else (singular, "themselves")
    return pair(subject, draw.attractor(), draw.word(lexicon.SOCIAL).past, reflexives, draw.place())


def anaphor_locality(draw: Draw) -> Pair:
    """Mary said that the king admired himself. / *herself: the antecedent is in the reflexive's own clause."""
    female = draw.chance()
    distant, local = draw.person(not female), draw.person(female)
    verb = draw.word(lexicon.SOCIAL).past
    return pair(distant.phrase, draw.choice(SPEECH), "that", local.phrase, verb, _reflexives(female), draw.place())


def anaphor_possessor(draw: Draw) -> Pair:
    """Mary's brother admired himself. / *herself: a possessor does not c-command the reflexive."""
    female = draw.chance()
    owner = draw.choice(("his" if female else "her", f"{draw.person(not female).phrase}'s"))
    relative = draw.word(lexicon.FEMALE_RELATIVES if female else lexicon.MALE_RELATIVES).singular
    return pair(owner, relative, draw.word(lexicon.SOCIAL).past, _reflexives(female), draw.place())


def _reflexives(female: bool) -> tuple[str, str]:
    """The reflexive of the gender, then the other."""
    return ("herself", "himself") if female else ("himself", "herself")
