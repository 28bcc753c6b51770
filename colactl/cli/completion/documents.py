"""A config file's keys, values and comments, read as plain YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from colactl.schema.config_files import FAST_LOADER

LARGEST = 1 << 20  # bytes; no config that a person wrote is larger
MOST_KEYS = 10_000  # of one file, with what its anchors come to
DEEPEST = 20  # keys in keys
MERGE = "<<"  # YAML's key that takes in another mapping
NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Leaf:
    """A key's value.

    Attributes:
        text: As it is written; empty for a list, null and ???.
        is_flag: Whether it is true or false.
        comment: What the file says of it, on the same line.
    """

    text: str = ""
    is_flag: bool = False
    comment: str = ""


Tree = dict[str, Any]  # of names, each a Leaf or another Tree


@dataclass(frozen=True)
class Document:
    """A config file.

    Attributes:
        tree: Its keys.
        defaults: Its defaults list, as YAML has it.
        package: What its `# @package` says, if anything.
    """

    tree: Tree = field(default_factory=dict)
    defaults: tuple[Any, ...] = ()
    package: str | None = None


def read(file: Path) -> Document | None:
    """What a file holds; None where it holds no config."""
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(LARGEST)
        return _Reader(text).document()
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return None


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.loader = FAST_LOADER(text)
        self.keys = 0

    def document(self) -> Document | None:
        node = self.loader.get_single_node()
        header = next((line for line in self.lines if line.startswith("# @package")), "")
        package = header.removeprefix("# @package").strip() if header else None
        if node is None:
            return Document({}, (), package)
        if not isinstance(node, yaml.MappingNode):
            return None
        defaults = [_plain(line) for key, value in node.value if key.value == "defaults" for line in _items(value)]
        node.value = [(key, value) for key, value in node.value if key.value != "defaults"]
        return Document(self._tree(node, 0), tuple(defaults), package)

    def _tree(self, node: yaml.MappingNode, depth: int) -> Tree:
        return dict(self._children(node, depth))

    def _children(self, node: yaml.MappingNode, depth: int) -> Iterator[tuple[str, Leaf | Tree]]:
        for key, value in sorted(node.value, key=lambda pair: pair[0].value != MERGE):  # the node's own keys win
            self.keys += 1
            if self.keys > MOST_KEYS or depth > DEEPEST:  # anchors within anchors
                return
            if key.value == MERGE:
                for merged in [value, *_items(value)]:
                    if isinstance(merged, yaml.MappingNode):
                        yield from self._children(merged, depth + 1)
            elif isinstance(value, yaml.MappingNode) and value.value:
                yield str(key.value), self._tree(value, depth + 1)
            else:
                yield str(key.value), self._leaf(key, value)

    def _leaf(self, key: yaml.Node, value: yaml.Node) -> Leaf:
        comment = re.search(r"\s#\s+(.*)", self.lines[key.start_mark.line])
        words = comment[1].strip() if comment else ""
        if not isinstance(value, yaml.ScalarNode) or value.tag == NULL or value.value == "???":
            return Leaf("", False, words)
        return Leaf(value.value, value.tag == "tag:yaml.org,2002:bool", words)


def _items(node: yaml.Node) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _plain(node: yaml.Node) -> Any:
    """A line of a defaults list, which is a text or a key with one text, several, or none."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): [_plain(item) for item in _items(value)] or _plain(value) for key, value in node.value}
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag != NULL else None
