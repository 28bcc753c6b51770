"""The lines on which a YAML text has its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from colactl.schema.key_path import Place

YAML = "tag:yaml.org,2002:"


class Loader(yaml.SafeLoader):
    """Reads keys and merge keys as those of a config are read: a date is a text, and 1e3 a number."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != f"{YAML}timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EXPONENT = re.compile(r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)[eE][-+]?\d+$")
Loader.add_implicit_resolver(f"{YAML}float", EXPONENT, list("-+.0123456789"))


@dataclass(frozen=True)
class Lines:
    """Where a value stands in a text, counted from 1.

    Attributes:
        key: The line of its key; the first one for a text as a whole.
        comment: The line that a comment about it can stand on: the last one of a value, but the key's of what is
            written as a block below it.
    """

    key: int
    comment: int


def key_lines(text: str) -> dict[Place, Lines]:
    """Finds every key of a YAML text, at any depth, and the items of lists by their index.

    What an alias or a merge key brings stands where it is written: in the body of the anchor.
    """
    loader = Loader(text)
    try:
        root = loader.get_single_node()
        return dict(_walk(loader, root, (), root.start_mark.line + 1)) if root else {}
    finally:
        loader.dispose()


def _walk(loader: Any, node: Any, place: Place, line: int) -> Iterator[tuple[Place, Lines]]:
    block = node.style in ("|", ">") if isinstance(node, yaml.ScalarNode) else not node.flow_style
    yield place, Lines(line, line if block else node.end_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)  # merge keys first, so that the mapping's own keys win
        for key, value in node.value:
            child = (*place, loader.construct_object(key, deep=True))
            yield from _walk(loader, value, child, key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(loader, value, (*place, index), value.start_mark.line + 1)
