"""Seeded choice of words and phrases, and the assembly of a pair from its parts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.lexicon import Noun, Table

Entry = TypeVar("Entry")

# Share of a validation sentence's draws that take a held-out word; gives 5 to 10% of the sentences one.
HELD_OUT_SHARE = 0.02
PREPOSITIONS = ("near", "behind", "beside")


class Pair(NamedTuple):
    """Two sentences that differ in what decides acceptability, and in little else."""

    acceptable: str
    unacceptable: str


class Person(NamedTuple):
    """A noun phrase for one person, and that person's gender."""

    phrase: str
    female: bool


class Draw:
    """A source of words and phrases.

    Of the generator only `random()` is called: other methods have changed between Python versions.

    Args:
        generator: The seeded generator.
        held_out: Whether held-out words may be drawn.
    """

    def __init__(self, generator: random.Random, held_out: bool) -> None:
        self._generator = generator
        self._held_out = held_out

    def chance(self, share: float = 0.5) -> bool:
        """True for the given share of calls."""
        return self._generator.random() < share

    def choice(self, options: Sequence[Entry]) -> Entry:
        """One of the options, all equally likely."""
        return options[int(self._generator.random() * len(options))]

    def word(self, table: Table[Entry]) -> Entry:
        """An entry of a table."""
        rare = self.chance(HELD_OUT_SHARE) and self._held_out
        return self.choice(table.held_out if rare and table.held_out else table.shared)

    def noun(self) -> Noun:
        """A noun for people."""
        return self.word(self.choice((lexicon.MEN, lexicon.WOMEN, lexicon.PEOPLE)))

    def someone(self) -> str:
        """A noun phrase for one person: Mary, the boy."""
        names = self.choice((lexicon.MALE_NAMES, lexicon.FEMALE_NAMES))
        return self.word(names) if self.chance() else f"the {self.noun().singular}"

    def person(self, female: bool) -> Person:
        """A noun phrase for one person of the gender asked for: Mrs Smith, Mary, the queen.

        The surname alone may be held out: nothing would tell the gender of a first name or a noun never seen.
        """
        if self.chance():
            return Person(f"{'Mrs' if female else 'Mr'} {self.word(lexicon.SURNAMES)}", female)
        if self.chance():
            return Person(self.choice((lexicon.FEMALE_NAMES if female else lexicon.MALE_NAMES).shared), female)
        noun = self.choice((lexicon.WOMEN if female else lexicon.MEN).shared)
        return Person(f"the {noun.singular}", female)

    def comparison(self, subject: Person) -> str:
        """The subject, with or without an aside that names another person of either gender."""
        other = self.person(self.chance())
        aside = f", {self.choice(('like', 'unlike'))} {other.phrase},"
        return subject.phrase + (aside if self.chance(0.35) and other != subject else "")

    def determined(self, noun: Noun, plural: bool) -> str:
        """A noun phrase whose determiner shows its number too, so that a corpus this small can teach agreement."""
        return f"{self.choice(('these', 'those') if plural else ('this', 'that'))} {noun.form(plural)}"

    def attractor(self) -> str:
        """A prepositional phrase of either number, or nothing."""
        noun = self.noun() if self.chance() else self.word(lexicon.THINGS)
        return f"{self.choice(PREPOSITIONS)} {self.determined(noun, self.chance())}" if self.chance() else ""

    def object(self) -> str:
        """A definite noun phrase for a thing."""
        return f"the {self.word(lexicon.THINGS).form(self.chance())}"

    def place(self) -> str:
        """A closing adverbial, or nothing."""
        return f"in the {self.word(lexicon.PLACES)}" if self.chance(0.35) else ""

    def adverb(self) -> str:
        """An adverb, or nothing."""
        return self.word(lexicon.ADVERBS) if self.chance() else ""


def phrase(*parts: str) -> str:
    """Joins the parts that are not empty with spaces."""
    return " ".join(part for part in parts if part)


def pair(*parts: str | tuple[str, str], end: str = ".") -> Pair:
    """Assembles a pair.

    Args:
        parts: In order, what both sentences share, and where they differ as (acceptable, unacceptable).
        end: The closing punctuation mark.
    """
    acceptable = phrase(*(part if isinstance(part, str) else part[0] for part in parts))
    unacceptable = phrase(*(part if isinstance(part, str) else part[1] for part in parts))
    return Pair(_capitalized(acceptable) + end, _capitalized(unacceptable) + end)


def _capitalized(text: str) -> str:
    return text[0].upper() + text[1:]
