"""The pairs: minimal, well written, and no use to a model that only counts words."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef

from colactl import minimal_pairs
from colactl.minimal_pairs import Corpus, Example, lexicon

SENTENCE = re.compile(r"[A-Z][a-z']*(?:,? [A-Za-z][a-z']*)*[.?]")
VOWELS = tuple("aeiou")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return minimal_pairs.generate(0)


def pairs(split: list[Example]) -> list[tuple[Example, Example]]:
    return list(zip(split[0::2], split[1::2], strict=False))


def test_the_members_of_a_pair_differ_in_at_most_two_words(corpus: Corpus) -> None:
    for acceptable, unacceptable in pairs(corpus.train) + pairs(corpus.validation):
        assert (acceptable.label, unacceptable.label) == (1, 0)
        assert acceptable.source == unacceptable.source
        assert acceptable.sentence != unacceptable.sentence
        left, right = (Counter(example.sentence.lower()[:-1].split()) for example in (acceptable, unacceptable))
        assert max((left - right).total(), (right - left).total()) <= 2, (acceptable, unacceptable)


def test_sentences_are_written_as_sentences(corpus: Corpus) -> None:
    wrong = [
        example.sentence for example in corpus.train + corpus.validation if not SENTENCE.fullmatch(example.sentence)
    ]
    assert wrong == []


def test_no_noun_or_name_stands_twice_in_a_sentence(corpus: Corpus) -> None:
    tables = (lexicon.MEN, lexicon.WOMEN, lexicon.PEOPLE, lexicon.THINGS)
    nouns = {noun.singular for table in tables for noun in table.shared}
    nouns |= {name.lower() for name in lexicon.MALE_NAMES.shared + lexicon.FEMALE_NAMES.shared}
    for example in corpus.train + corpus.validation:
        counts = Counter(re.findall(r"\w+", example.sentence.lower()))
        assert not [noun for noun in nouns if counts[noun] > 1], example


def test_a_stands_before_consonants_only(corpus: Corpus) -> None:
    text = " ".join(example.sentence for example in corpus.train + corpus.validation)
    following = re.findall(r"\b[Aa] (\w+)", text)
    assert following
    assert not [word for word in following if word.startswith(VOWELS)]


@pytest.mark.parametrize("token_pattern", [r"(?u)\b\w\w+\b", r"\S+"])
def test_word_and_bigram_counts_do_not_solve_it(corpus: Corpus, token_pattern: str) -> None:
    vectorizer = CountVectorizer(ngram_range=(1, 2), token_pattern=token_pattern)
    counts = vectorizer.fit_transform([example.sentence for example in corpus.train])
    model = LogisticRegression(max_iter=1000).fit(counts, [example.label for example in corpus.train])
    predicted = model.predict(vectorizer.transform([example.sentence for example in corpus.validation]))
    assert matthews_corrcoef([example.label for example in corpus.validation], predicted) < 0.5
