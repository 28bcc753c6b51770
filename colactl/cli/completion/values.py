"""The values that a key may take, as far as they can be told."""

from __future__ import annotations

import re

from colactl.cli.completion.documents import Leaf
from colactl.cli.completion.line import Item
from colactl.schema.choices import CHOICES, USUAL

NOW = "as it is now"
PLAIN = re.compile(r"[\w.,:/+-]+")  # what no shell and no part of Hydra's grammar has a meaning for
FLAGS = ("true", "false")


def values(key: str, leaf: Leaf) -> list[Item]:
    """The values of a key, by what it may be and what it is now."""
    now = leaf.text if PLAIN.fullmatch(leaf.text) else ""
    known = CHOICES.get(key, USUAL.get(key, FLAGS if leaf.is_flag else ()))
    known = known if not now or now in known else (now, *known)
    return [Item(value, NOW if value == now else "") for value in known]
