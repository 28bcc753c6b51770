"""configs/README.md: every group, option and key of the shipped configs, with its comment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.conftest import ROOT

CONFIGS = ROOT / "configs"
HEAD = """# The shipped configs

Every group, option and key, made from the files here by `python -m tests.reference`. A group takes an option
(`model=bert`), a key a value (`training.max_epochs=3`); `colactl show-config --origin` tells where each value of a
config comes from, and `colactl copy-config model/bert` puts an option into a folder of your own.
"""


def options() -> str:
    """The whole page, in Markdown."""
    files = sorted(CONFIGS.rglob("*.yaml"), key=_order)
    lines = [HEAD]
    group = None
    for file in files:
        if file.parent != group:
            group = file.parent
            name = group.relative_to(CONFIGS).as_posix()
            lines.append("## The primary config\n" if name == "." else f"## {name}\n")
        lines.append(_option(file))
    return "\n".join(lines)


def _order(file: Path) -> tuple[bool, str, bool, str]:
    """The primary config first; in a group, the default option."""
    return file.parent != CONFIGS, str(file.parent), file.stem not in ("default", "config"), file.stem


def _option(file: Path) -> str:
    """A heading, the description, what it is put on top of, and a table of its keys."""
    text = file.read_text(encoding="utf-8")
    group = file.parent.relative_to(CONFIGS).as_posix()
    heading = f"`--config-name {file.stem}`" if group == "." else f"`{group}={file.stem}`"
    comments = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#") and not line.startswith("# @")]
    lines = [f"### {heading}", "", f"{comments[0]}.", ""]
    tree = yaml.compose(text)
    if below := _defaults(tree):
        lines += [f"On top of {', '.join(below)}.", ""]
    rows = list(_keys(tree, text, ()))
    lines += ["| key | value | |", "| --- | --- | --- |", *rows, ""] if rows else []
    return "\n".join(lines)


def _defaults(tree: yaml.MappingNode) -> list[str]:
    """The entries of a defaults list, as they are typed."""
    entries = [node for key, node in tree.value if key.value == "defaults"]
    found = []
    for entry in entries[0].value if entries else []:
        if isinstance(entry, yaml.MappingNode):
            key, value = entry.value[0]
            found.append(f"`{key.value.removeprefix('override ').lstrip('/')}={value.value}`")
        elif entry.value != "_self_":
            found.append(f"`{entry.value}`")
    return found


def _keys(node: yaml.MappingNode, text: str, above: tuple[str, ...]) -> Iterator[str]:
    """A row for each key that holds a value, and for each mapping that has something to say."""
    for key, value in node.value:
        if not above and key.value == "defaults":
            continue
        path = (*above, key.value)
        comment = text.splitlines()[key.start_mark.line].partition("  # ")[2]
        nested = isinstance(value, yaml.MappingNode) and not value.flow_style
        if comment or not nested:
            shown = "" if nested else f"`{text[value.start_mark.index : value.end_mark.index]}`"
            yield f"| `{'.'.join(path)}` | {shown} | {comment.replace('|', chr(92) + '|')} |"
        if nested:
            yield from _keys(value, text, path)
