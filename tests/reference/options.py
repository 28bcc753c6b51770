"""configs/README.md and configs/schema.json: every group, option and key, with its comment and what it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from colactl.schema.config_files import config_dir, key_comments
from colactl.schema.groups import declared
from colactl.schema.json_schema import json_schema

CONFIGS = config_dir()
HEAD = """# The shipped configs

Every group, option and key, made from the files here by `python -m tests.reference`. A group takes an option
(`model=bert`), a key a value (`training.max_epochs=3`); `colactl show-config --origin` tells where each value of a
config comes from, and `colactl copy-config model/bert` puts an option into a folder of your own.

The last column is the comment on the key's line, and the one before it says what the key takes.

[schema.json](schema.json) says the same to an editor, which then offers keys and marks what is wrong. Put this line
into a primary config, or into an option that begins with `# @package _global_`; PATH is where this folder is:

    # yaml-language-server: $schema=PATH/schema.json

An option of a group has the group behind it: `$schema=PATH/schema.json#/definitions/training`.
"""


def options(folder: Path = CONFIGS) -> str:
    """The whole page of a folder of configs, in Markdown."""

    def order(file: Path) -> tuple[bool, str, bool, str]:
        """The primary config first; in a group, the default option."""
        return file.parent != folder, str(file.parent), file.stem not in ("default", "config"), file.stem

    lines = [HEAD]
    group = None
    for file in sorted(folder.rglob("*.yaml"), key=order):
        name = file.parent.relative_to(folder).as_posix()
        if name != group:
            group = name
            lines.append("## The primary config\n" if name == "." else f"## {name}\n")
        lines.append(_option(file, name))
    return "\n".join(lines)


def schema() -> str:
    """configs/schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _option(file: Path, group: str) -> str:
    """A heading, the description, what it is put on top of, and a table of its keys."""
    text = file.read_text(encoding="utf-8")
    heading = f"`--config-name {file.stem}`" if group == "." else f"`{group}={file.stem}`"
    comments = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#") and not line.startswith("# @")]
    lines = [f"### {heading}", "", f"{comments[0]}.", ""]
    tree = yaml.compose(text)
    if below := _defaults(tree):
        lines += [f"On top of {', '.join(below)}.", ""]
    of_group = group != "." and "# @package _global_" not in text
    plain = yaml.safe_load(text)
    rows = list(_rows(tree, text, (), (group,) if of_group else (), {group: plain} if of_group else plain))
    lines += ["| key | value | takes | |", "| --- | --- | --- | --- |", *rows, ""] if rows else []
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


def _rows(
    node: yaml.MappingNode, text: str, above: tuple[str, ...], group: tuple[str, ...], plain: dict[str, Any]
) -> Iterator[str]:
    """A row for each key that holds a value, and for each mapping that has something to say."""
    comments = key_comments(text)
    for key, value in node.value:
        if not above and key.value == "defaults":
            continue
        path = (*above, key.value)
        name = ".".join(path)
        nested = isinstance(value, yaml.MappingNode) and not value.flow_style
        if comments[name] or not nested:
            shown = "" if nested else f"`{text[value.start_mark.index : value.end_mark.index]}`"
            declaration = declared(".".join((*group, *path)), plain)
            takes = "" if nested or declaration is None else declaration.takes
            yield f"| `{name}` | {shown} | {takes} | {comments[name].replace('|', chr(92) + '|')} |"
        if nested:
            yield from _rows(value, text, path, group, plain)
