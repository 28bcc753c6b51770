"""The embedded corpus: minimal pairs of acceptable and unacceptable English sentences, with CoLA's columns and sizes.

Pairs as in BLiMP (Warstadt et al. 2020), sizes and judgements as in CoLA (Warstadt, Singh & Bowman 2019). Few words and
word pairs give a label away: what decides is what agrees with, binds, licenses or moves from what.
"""

from colactl.minimal_pairs.corpus import FAMILIES, PHENOMENA, Corpus, Example, generate

__all__ = ["FAMILIES", "PHENOMENA", "Corpus", "Example", "generate"]
