"""A corpus in memory: its splits, and which sources of sentences belong together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from colactl import minimal_pairs

# Warstadt, Singh & Bowman 2019, table 2: the training split is drawn from the first, the last are only tested on.
IN_DOMAIN = (
    *("ad03", "b_73", "b_82", "bc01", "c_13", "cj99", "d_98", "g_81", "gj04", "kl93", "ks08", "l-93", "m_02"),
    *("r-67", "rhl07", "sgww85", "sks13"),
)
OUT_OF_DOMAIN = ("c-05", "clc95", "j_71", "s_97", "swb04", "w_80")

# The group of each source: CoLA's domains, and the embedded corpus's families of phenomena.
SOURCE_GROUPS = {
    **dict.fromkeys(IN_DOMAIN, "in-domain"),
    **dict.fromkeys(OUT_OF_DOMAIN, "out-of-domain"),
    **minimal_pairs.FAMILIES,
}


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


@dataclass(frozen=True)
class Splits:
    """What a run trains and validates on.

    Args:
        train: What the weights are fitted to.
        validation: What all of a run's metrics are measured on.
        test: Held out from both; None where the corpus has none or hides its labels.
    """

    train: Split
    validation: Split
    test: Split | None = None

    def fingerprint(self) -> str:
        """The sha256, in hex, of the splits' own fingerprints; it changes with any sentence, label or order."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        lines = [f"{name} {split.fingerprint()}\n" for name, split in splits.items() if split is not None]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def groups_of(sources: Sequence[str]) -> list[str] | None:
    """The group of each sentence's source; None unless every source is one of CoLA's or of the embedded corpus's."""
    if not set(sources) <= SOURCE_GROUPS.keys():
        return None
    return [SOURCE_GROUPS[source] for source in sources]
