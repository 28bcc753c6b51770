"""One split of a corpus in memory: what every source of data hands to the tokenizer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """Sentences with their labels, in the corpus's order; the three lists have one length.

    Args:
        sentences: The sentences as the corpus has them, never empty strings.
        labels: 1 where a sentence is acceptable, 0 where it is not.
        sources: Where each sentence comes from (CoLA's source codes); empty strings where unknown.
    """

    sentences: list[str]
    labels: list[int]
    sources: list[str]

    def __len__(self) -> int:
        return len(self.sentences)

    def fingerprint(self) -> str:
        """The sha256, in hex, of sentences, labels and sources in their order."""
        digest = hashlib.sha256()
        for sentence, label, source in zip(self.sentences, self.labels, self.sources, strict=True):
            text, origin = sentence.encode(), source.encode()
            # The lengths come first, so that no text can imitate a boundary between two fields.
            digest.update(b"%d %d %d\n" % (label, len(text), len(origin)))
            digest.update(text)
            digest.update(origin)
        return digest.hexdigest()
