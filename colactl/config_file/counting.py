"""What a YAML file comes to, counted on its events: a few anchors may stand for millions of values."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from colactl.errors import ConfigError

# OmegaConf and Hydra together make some 2,000 nodes a second, and call themselves several times for each level.
MOST_NODES = 10_000  # keys, values, mappings and lists, those behind aliases counted each time
MOST_LEVELS = 50  # of mappings and lists within each other
MOST_DIGITS = 1000  # Python writes no integer of more than 4300, and takes long to make one
MOST_REFERRING = 4096  # characters of a text with an interpolation, whose grammar takes long to read

YAML = "tag:yaml.org,2002:"
PLAIN = ("null", "bool", "int", "float", "str", "binary", "seq", "map")
PATHS = ("python/object/apply:pathlib.Path", "python/object/apply:pathlib.PosixPath")  # OmegaConf itself writes them
NUMBER = re.compile(r"[-+]?\d[\da-fA-FxXob_:]*")
TAGS = frozenset(["!", *(YAML + name for name in PLAIN + PATHS)])


@dataclass
class Node:
    """A mapping or a list, while it is read.

    Attributes:
        anchor: Its name, if it has one.
        keys: Of a mapping, so far; None for a list.
        children: How many it has so far, of a mapping keys and values.
        size: How many nodes it comes to, itself included.
        levels: How deep it goes, itself included.
    """

    anchor: str | None
    keys: set[Hashable] | None
    children: int = 0
    size: int = 1
    levels: int = 1


@dataclass
class Counter:
    """Reads the events of a file, and stops where they come to too much.

    Attributes:
        file: For the messages.
        open: The mappings and lists that have begun and not ended.
        anchors: The size and the levels of each node that has a name.
        size: Of the whole, once all has been read.
    """

    file: Path
    open: list[Node] = field(default_factory=list)
    anchors: dict[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 0

    def read(self, event: Any) -> None:
        """Takes one event.

        Raises:
            ConfigError: The file is too much, or names code; with the line.
        """
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in TAGS:
            self._refuse(event, f"the tag {tag.replace(YAML, '!!')} is refused: a config is plain data")
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append(Node(event.anchor, set() if isinstance(event, yaml.MappingStartEvent) else None))
            self._refuse_depth(event, len(self.open))  # it may never end, and PyYAML takes minutes to find that out
        elif isinstance(event, yaml.CollectionEndEvent):
            node = self.open.pop()
            self._add(event, node.anchor, node.size, node.levels)
        elif isinstance(event, yaml.AliasEvent):
            name = str(event.anchor)
            if name not in self.anchors:
                self._refuse(event, f"*{name} stands within its own anchor, or before it")
            self._add(event, None, *self.anchors[name])
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if "${" in event.value and len(event.value) > MOST_REFERRING:
            self._refuse(event, f"a text with an interpolation has more than {MOST_REFERRING} characters")
        if len(event.value) > MOST_DIGITS and (event.implicit[0] or event.tag) and NUMBER.fullmatch(event.value):
            self._refuse(event, f"a number has more than {MOST_DIGITS} digits")
        parent = self.open[-1] if self.open else None
        if parent and parent.keys is not None and parent.children % 2 == 0 and event.value != "<<":
            key = (event.value, event.implicit, event.tag)  # 1 and "1" are two keys
            if key in parent.keys:
                self._refuse(event, f"the key {event.value} is there twice")
            parent.keys.add(key)
        self._add(event, event.anchor, 1, 0)

    def _add(self, event: Any, anchor: str | None, size: int, levels: int) -> None:
        """Puts a node that is complete into the one that it stands in."""
        if anchor is not None:
            self.anchors[anchor] = size, levels
        if not self.open:
            self.size = size
            return
        parent = self.open[-1]
        parent.children += 1
        parent.size += size
        parent.levels = max(parent.levels, levels + 1)
        if sum(node.size for node in self.open) > MOST_NODES:
            self._refuse(event, f"with its aliases, the file has more than {MOST_NODES} keys and values")
        self._refuse_depth(event, parent.levels + len(self.open) - 1)

    def _refuse_depth(self, event: Any, levels: int) -> None:
        if levels > MOST_LEVELS:
            self._refuse(event, f"it is nested more than {MOST_LEVELS} levels deep")

    def _refuse(self, event: Any, reason: str) -> None:
        raise ConfigError(f"{self.file}:{event.start_mark.line + 1}: {reason}.", "Mend the file and run again.")
