"""The words of the corpus, as plain tables.

Small on purpose: a transformer trained from scratch has to see each word often. Every table keeps a few words apart
that are drawn for validation sentences only, so that validation also asks about words never seen in training.
"""

from __future__ import annotations

from typing import Generic, Literal, NamedTuple, TypeVar

Entry = TypeVar("Entry")


class Noun(NamedTuple):
    """A noun's two forms."""

    singular: str
    plural: str

    def form(self, plural: bool) -> str:
        """The plural or the singular."""
        return self.plural if plural else self.singular


class Verb(NamedTuple):
    """A verb's five forms: sleep, sleeps, slept, slept, sleeping."""

    base: str
    third: str
    past: str
    participle: str
    gerund: str

    def present(self, plural: bool) -> str:
        """The present tense that agrees with a plural or a singular subject."""
        return self.base if plural else self.third


class Table(NamedTuple, Generic[Entry]):
    """Entries for both splits, and entries held out for validation."""

    shared: tuple[Entry, ...]
    held_out: tuple[Entry, ...]


def _words(shared: str, held_out: str) -> Table[str]:
    return Table(tuple(shared.split()), tuple(held_out.split()))


def _nouns(shared: str, held_out: str) -> Table[Noun]:
    return Table(tuple(map(_noun, shared.split())), tuple(map(_noun, held_out.split())))


def _noun(forms: str) -> Noun:
    singular, _, plural = forms.partition("/")
    return Noun(singular, plural or singular + "s")


def _verbs(shared: str, held_out: str = "") -> Table[Verb]:
    return Table(
        tuple(Verb(*line.split()) for line in shared.strip().splitlines()),
        tuple(Verb(*line.split()) for line in held_out.strip().splitlines()),
    )


# Only nouns and names that settle the gender: no actors, no waiters.
MEN = _nouns("boy man/men king prince", "duke")
WOMEN = _nouns("girl woman/women queen princess/princesses", "duchess/duchesses")
PEOPLE = _nouns("teacher doctor student lawyer farmer pilot", "plumber sailor")
MALE_RELATIVES = _nouns("brother son father uncle", "nephew")
FEMALE_RELATIVES = _nouns("sister daughter mother aunt", "niece")
MALE_NAMES = _words("John David Peter", "Steven")
FEMALE_NAMES = _words("Mary Susan Anna", "Emily")
SURNAMES = _words("Smith Brown Miller Clark Jones Taylor", "Walker Turner")

THINGS = _nouns("car radio clock lamp chair boat", "violin mirror")
MASS = _words("furniture jewelry luggage equipment machinery clothing", "pottery")
SUBSTANCES = _words("water paint mud sand oil milk", "glue")
PLACES = _words("garden kitchen station library museum park castle village", "theater tunnel")

FEELINGS = _words("tired happy hungry angry sick busy calm proud", "thirsty jealous")
VIRTUES = _words("careful popular cheerful patient polite", "honest")
QUALITIES = _words("old new small large cheap dirty", "fragile")
# These stand before a verb, or between it and its auxiliary, whatever the tense.
ADVERBS = _words("probably certainly often finally secretly quietly", "obviously")

# Verbs of living subjects that take no object, not even a rare one, and no "is" for their perfect.
INTRANSITIVE = _verbs(
    """
    sleep sleeps slept slept sleeping
    laugh laughs laughed laughed laughing
    smile smiles smiled smiled smiling
    sneeze sneezes sneezed sneezed sneezing
    cough coughs coughed coughed coughing
    yawn yawns yawned yawned yawning
    complain complains complained complained complaining
    """,
    "tremble trembles trembled trembled trembling",
)
# Verbs that must have an object: persons here, things below.
SOCIAL = _verbs(
    """
    admire admires admired admired admiring
    praise praises praised praised praising
    blame blames blamed blamed blaming
    criticize criticizes criticized criticized criticizing
    respect respects respected respected respecting
    defend defends defended defended defending
    """,
    "ridicule ridicules ridiculed ridiculed ridiculing",
)
HANDLING = _verbs(
    """
    repair repairs repaired repaired repairing
    destroy destroys destroyed destroyed destroying
    purchase purchases purchased purchased purchasing
    discover discovers discovered discovered discovering
    find finds found found finding
    remove removes removed removed removing
    replace replaces replaced replaced replacing
    damage damages damaged damaged damaging
    """,
    "obtain obtains obtained obtained obtaining",
)
# Past tense and participle differ, with no variant that makes one pass for the other ("has hid", "has forgot"). None is
# held out: such forms can only be learned by heart.
IRREGULAR = _verbs(
    """
    take takes took taken taking
    steal steals stole stolen stealing
    choose chooses chose chosen choosing
    see sees saw seen seeing
    draw draws drew drawn drawing
    break breaks broke broken breaking
    """
)


_NOUN_TABLES = (MEN, WOMEN, PEOPLE, MALE_RELATIVES, FEMALE_RELATIVES, THINGS)
_VERB_TABLES = (INTRANSITIVE, SOCIAL, HANDLING, IRREGULAR)
_WORD_TABLES = (MALE_NAMES, FEMALE_NAMES, SURNAMES, MASS, SUBSTANCES, PLACES, FEELINGS, VIRTUES, QUALITIES, ADVERBS)


def _forms(which: Literal["shared", "held_out"]) -> tuple[str, ...]:
    inflected = [form for table in (*_NOUN_TABLES, *_VERB_TABLES) for entry in getattr(table, which) for form in entry]
    return (*inflected, *(word for table in _WORD_TABLES for word in getattr(table, which)))


# Every form of every word above: of those in both splits, and of those that validation sentences alone may contain.
SHARED = _forms("shared")
HELD_OUT = _forms("held_out")
