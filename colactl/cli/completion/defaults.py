"""The lines of a defaults list, by Hydra's own rules (hydra/core/default_element.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from colactl.cli.completion.documents import Document


@dataclass(frozen=True)
class Entry:
    """A line of a defaults list.

    Attributes:
        group: As it is written; empty for a config that is named by itself.
        options: None to several.
        package: After the `@`, if anything.
        is_override: Whether it only changes what another line has.
        is_choice: Whether the command line may change it.
    """

    group: str
    options: tuple[str, ...]
    package: str | None = None
    is_override: bool = False
    is_choice: bool = True


SELF = Entry("", ("_self_",), is_choice=False)


def entries(document: Document) -> list[Entry]:
    """The lines of a config's defaults list; where none is `_self_`, it comes last."""
    lines = [entry for line in document.defaults if (entry := _parsed(line))]
    return lines if SELF in lines else [*lines, SELF]


def _parsed(line: Any) -> Entry | None:
    """A line of a defaults list: `name`, or one key with an option, several, or none."""
    if isinstance(line, str):
        path, at, package = line.partition("@")
        group, slash, name = path.rpartition("/")
        return Entry(group or slash, (name,), package if at else None, is_choice=False)
    if not isinstance(line, dict) or len(line) != 1:
        return None
    ((key, value),) = line.items()
    *words, name = str(key).split() or [""]
    group, at, package = name.partition("@")
    options = value if isinstance(value, list) else [] if value is None else [value]
    return Entry(group, tuple(map(str, options)), package if at else None, "override" in words)


def place(group: str, parent: str) -> str:
    """Where a group is, below the folder that holds the configs."""
    return group.strip("/") if group.startswith("/") else f"{parent}/{group}".strip("/")


def key(entry: Entry, group: str, parent: str) -> str:
    """What chooses the option on the command line: the group, and the package where it is not the group's own.

    Args:
        entry: A line of a config's defaults list.
        group: The config's group.
        parent: The config's package.
    """
    whole = place(entry.group, group)
    package = joined(parent, dotted(entry.group) if entry.package is None else entry.package)
    return whole if package == dotted(whole) else f"{whole}@{package or '_global_'}"


def dotted(group: str) -> str:
    """The package that a group has of its own."""
    return group.strip("/").replace("/", ".")


def joined(parent: str, package: str) -> str:
    """A package within another; what comes after `_global_` is absolute."""
    whole = f"{parent}.{package}".replace("_here_", "").strip(".")
    return whole.rpartition("_global_")[2].strip(".")
