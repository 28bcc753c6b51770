"""The phenomena of English that the pairs are about, by family.

Each function makes one pair; its docstring shows one, the unacceptable sentence or what differs in it after the star.
"""

from __future__ import annotations

from collections.abc import Callable

from colactl.minimal_pairs import lexicon
from colactl.minimal_pairs.draw import PREPOSITIONS, Draw, Pair, pair, phrase

Template = Callable[[Draw], Pair]


# Subject-verb agreement, with and without attractors (Linzen, Dupoux & Goldberg 2016; BLiMP: Warstadt et al. 2020).


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


# Reflexives and their antecedents: Principle A of the binding theory (Chomsky 1981; BLiMP: Warstadt et al. 2020).
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


# Argument structure: passives and the locative alternation (Rappaport & Levin 1985; Levin 1993; Jaeggli 1986).
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


# Determiners and quantifiers with their nouns (Milsark 1974; Chierchia 1998; BLiMP: Warstadt et al. 2020).


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


# Fillers, gaps and islands (Ross 1967; Huang 1982; Wilcox et al. 2018; BLiMP: Warstadt et al. 2020).
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


# Negative polarity items and their licensors' scope (Klima 1964; Ladusaw 1979; BLiMP: Warstadt et al. 2020).


def polarity_ever(draw: Draw) -> Pair:
    """No boy that the girl admired has ever slept. / *The boy that no girl admired has ever slept."""
    noun, other = draw.noun().singular, draw.noun().singular
    clause = phrase(other, draw.word(lexicon.SOCIAL).past, "has")
    verb = draw.word(lexicon.INTRANSITIVE).participle
    if draw.chance():
        return pair(("no", "the"), noun, "that", ("the", "no"), clause, "ever", verb, draw.place())
    return pair("the", noun, "that no", clause, ("never", "ever"), verb, draw.place())


def polarity_any(draw: Draw) -> Pair:
    """No boy with the car found any old lamps. / *The boy with no car found any old lamps."""
    noun, possession = draw.noun().singular, draw.word(lexicon.THINGS).singular
    verb = draw.word(lexicon.HANDLING).past
    objects = f"{draw.word(lexicon.QUALITIES)} {draw.word(lexicon.THINGS).plural}"
    if draw.chance():
        return pair(("no", "the"), noun, "with", ("the", "no"), possession, verb, "any", objects, draw.place())
    return pair("the", noun, "with no", possession, verb, ("some", "any"), objects, draw.place())


# Ellipsis and tags, whose auxiliary and polarity come from the first clause (Klima 1964; Lasnik 1995).


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


# Inversion: it heeds structure and spares embedded questions (Chomsky 1965; Emonds 1976; Crain & Nakayama 1987).
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


# Irregular forms, auxiliaries and tense (Chomsky 1957; Quirk et al. 1985; Pinker 1999; BLiMP: Warstadt 2020).


def irregular_participle(draw: Draw) -> Pair:
    """Mary has probably taken the car. / *took. Mary probably took the car. / *taken."""
    verb, adverb = draw.word(lexicon.IRREGULAR), draw.adverb()
    if draw.chance():
        return pair(draw.someone(), "has", adverb, (verb.participle, verb.past), draw.object(), draw.place())
    return pair(draw.someone(), adverb, (verb.past, verb.participle), draw.object(), draw.place())


def auxiliary_form(draw: Draw) -> Pair:
    """Will the boy near that car sleep? / *Is the boy near that car sleep?"""
    verb = draw.word(lexicon.INTRANSITIVE)
    right, wrong, form = draw.choice(
        (
            ("will", "is", verb.base),
            ("will", "has", verb.base),
            ("is", "will", verb.gerund),
            ("has", "will", verb.participle),
        )
    )
    subject = phrase(f"the {draw.noun().singular}", draw.attractor())
    return pair((right, wrong), subject, form, draw.place(), end="?")


def tense_adverbial(draw: Draw) -> Pair:
    """Last week the boy near that car slept. / *Next week the boy near that car slept."""
    verb = draw.word(lexicon.INTRANSITIVE)
    past, future = draw.choice((("last week", "next week"), ("yesterday", "tomorrow"), ("last year", "next year")))
    subject = phrase(f"the {draw.noun().form(draw.chance())}", draw.attractor())
    if draw.chance():
        return pair((past, future), subject, verb.past, draw.place())
    return pair((future, past), subject, f"will {verb.base}", draw.place())


# Words that come in twos: comparatives and correlatives (Bresnan 1973; Quirk et al. 1985).
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


# In the order in which the corpus takes turns.
BY_FAMILY: dict[str, tuple[Template, ...]] = {
    "agreement": (agreement_attractor, agreement_relative, agreement_inversion),
    "anaphora": (anaphor_gender, anaphor_number, anaphor_locality, anaphor_possessor),
    "arguments": (passive_agent, locative_alternation),
    "determiners": (demonstrative_number, mass_count, quantifier_agreement, existential_definiteness),
    "movement": (filler_gap, filled_gap, adjunct_island, coordinate_structure),
    "polarity": (polarity_ever, polarity_any),
    "ellipsis": (verb_phrase_ellipsis, polarity_tag, question_tag),
    "word_order": (structure_dependence, embedded_inversion),
    "verb_forms": (irregular_participle, auxiliary_form, tense_adverbial),
    "coordination": (comparative, correlative),
}
