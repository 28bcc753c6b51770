"""Words that come in twos: comparatives and correlatives (Bresnan 1973; Quirk et al. 1985)."""

from __future__ import annotations

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import Draw, Pair, pair, phrase

# First word, the second that goes with it, one that does not.
COMPARATIVES = (("more", "than", "as"), ("as", "as", "than"))
CORRELATIVES = (("either", "or", "nor"), ("neither", "nor", "or"), ("either", "or", "and"), ("both", "and", "or"))


def comparative(draw: Draw) -> Pair:
    """Mary is more careful in the park than the boy. / *as the boy."""
    first, right, wrong = draw.choice(COMPARATIVES)
    opening = phrase(draw.someone(), "is", first, draw.word(lexicon.VIRTUES), draw.place())
    return pair(opening, (right, wrong), draw.someone())


def correlative(draw: Draw) -> Pair:
    """Neither the boy near that car nor Mary slept. / *or Mary slept."""
    first, right, wrong = draw.choice(CORRELATIVES)
    opening = phrase(first, f"the {draw.noun().singular}", draw.attractor())
    return pair(opening, (right, wrong), draw.someone(), draw.word(lexicon.INTRANSITIVE).past, draw.place())
