"""Sentences in, predictions out, a window at a time: however many there are, the memory they take is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

ACCEPTABLE, UNACCEPTABLE = "acceptable", "unacceptable"
WINDOW_SENTENCES = 8_192  # sorted by length together; more would pad hardly less, and answers would come later
WINDOW_CHARACTERS = 2_000_000  # of longer sentences fewer: their tokens take some hundred bytes each


class Prediction(NamedTuple):
    """What a model says of a sentence.

    Attributes:
        sentence: As it was given.
        label: "acceptable" where the probability is above one half, or else "unacceptable".
        probability: Of the sentence being acceptable, from 0 to 1.
    """

    sentence: str
    label: str
    probability: float

    @classmethod
    def of(cls, sentence: str, probability: float) -> Prediction:
        """Labels a sentence by its probability."""
        return cls(sentence, ACCEPTABLE if probability > 0.5 else UNACCEPTABLE, probability)


def windows(sentences: Iterable[str]) -> Iterator[list[str]]:
    """Cuts a stream of sentences into lists, each read only when it is asked for.

    Args:
        sentences: Any number.

    Yields:
        At most `WINDOW_SENTENCES`, and no more after the one that brings `WINDOW_CHARACTERS` together; never none.
    """
    window: list[str] = []
    characters = 0
    for sentence in sentences:
        window.append(sentence)
        characters += len(sentence)
        if len(window) >= WINDOW_SENTENCES or characters >= WINDOW_CHARACTERS:
            yield window
            window, characters = [], 0
    if window:
        yield window
