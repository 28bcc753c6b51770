"""Which sources belong together: CoLA's in-domain and out-of-domain, the embedded corpus's families of phenomena."""

from __future__ import annotations

from collections.abc import Sequence

from colactl import minimal_pairs

# Warstadt, Singh & Bowman 2019, table 2: the training split is drawn from the first, the last are only tested on.
IN_DOMAIN = (
    *("ad03", "b_73", "b_82", "bc01", "c_13", "cj99", "d_98", "g_81", "gj04", "kl93", "ks08", "l-93", "m_02"),
    *("r-67", "rhl07", "sgww85", "sks13"),
)
OUT_OF_DOMAIN = ("c-05", "clc95", "j_71", "s_97", "swb04", "w_80")

GROUPS = {
    **dict.fromkeys(IN_DOMAIN, "in-domain"),
    **dict.fromkeys(OUT_OF_DOMAIN, "out-of-domain"),
    **minimal_pairs.FAMILIES,
}


def groups_of(sources: Sequence[str]) -> list[str] | None:
    """The group of each sentence's source; None unless every source is one of CoLA's or of the embedded corpus's."""
    if not set(sources) <= GROUPS.keys():
        return None
    return [GROUPS[source] for source in sources]
