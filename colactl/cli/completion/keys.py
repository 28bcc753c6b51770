"""The keys of configs, with their values as text and the comments beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from colactl.cli.completion.line import Item
from colactl.schema.config_files import FAST_LOADER


@dataclass(frozen=True)
class Leaf:
    """A key that has no keys below it.

    Attributes:
        text: Its value as written; empty for a list, null and ???.
        is_flag: Whether the value is true or false.
        comment: The comment on its line.
    """

    text: str = ""
    is_flag: bool = False
    comment: str = ""


Tree = dict[str, Any]  # by name, each a Leaf or another Tree


def read_keys(file: Path) -> Tree:
    """Reads a config file that Hydra has accepted.

    Raises:
        yaml.YAMLError: libyaml cannot read it; it refuses a little more than the parser that OmegaConf uses.
    """
    text = file.read_text(encoding="utf-8")
    loader = FAST_LOADER(text)
    root = loader.get_single_node()
    if not isinstance(root, yaml.MappingNode):
        return {}
    tree = _mapping(loader, root, text.splitlines())
    tree.pop("defaults", None)
    return tree


def plain_keys(config: Mapping[Any, Any]) -> Tree:
    """The keys of a config that is not a file, such as a plugin's."""
    return {str(key): plain_keys(value) if _has_keys(value) else _leaf(value) for key, value in config.items()}


def merge(tree: Tree, package: str, keys: Tree) -> None:
    """Puts keys into a tree, at a dotted package; a key without a comment keeps the one that is there."""
    for name in package.split(".") if package else ():
        if not isinstance(tree.get(name), dict):
            tree[name] = {}
        tree = tree[name]
    for name, value in keys.items():
        earlier = tree.get(name)
        if isinstance(value, dict):
            merge(tree, name, value)
        elif isinstance(earlier, Leaf) and not value.comment:
            tree[name] = replace(value, comment=earlier.comment)
        else:
            tree[name] = value


def leaves(tree: Tree, prefix: str = "") -> Iterator[Item]:
    """The keys that have no keys below them, as overrides begin; those that would need quotes are left out."""
    for name, node in tree.items():
        if not re.fullmatch(r"[\w-]+", name):
            continue
        if isinstance(node, dict) and node:
            yield from leaves(node, f"{prefix}{name}.")
        else:
            yield Item(f"{prefix}{name}=", node.comment if isinstance(node, Leaf) else "")


def parts(tree: Tree, prefix: str = "") -> Iterator[Item]:
    """All keys, as dotted names."""
    for name, node in tree.items():
        yield Item(f"{prefix}{name}", node.comment if isinstance(node, Leaf) else "")
        if isinstance(node, dict):
            yield from parts(node, f"{prefix}{name}.")


def _mapping(loader: Any, node: yaml.MappingNode, lines: list[str]) -> Tree:
    loader.flatten_mapping(node)  # merge keys first, so that the mapping's own keys win
    tree: Tree = {}
    for key, value in node.value:
        if isinstance(value, yaml.MappingNode) and value.value:
            tree[str(key.value)] = _mapping(loader, value, lines)
        else:
            comment = re.search(r"\s#\s+(.*)", lines[key.start_mark.line])
            is_text = isinstance(value, yaml.ScalarNode) and value.tag != "tag:yaml.org,2002:null"
            tree[str(key.value)] = Leaf(
                value.value if is_text and value.value != "???" else "",
                value.tag == "tag:yaml.org,2002:bool",
                comment[1].strip() if comment else "",
            )
    return tree


def _has_keys(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def _leaf(value: Any) -> Leaf:
    if isinstance(value, bool):
        return Leaf(str(value).lower(), is_flag=True)
    return Leaf(str(value) if isinstance(value, str | int | float) and value != "???" else "")
