"""Which keys a config has, by its defaults lists.

As Hydra does it (hydra/_internal/defaults_list.py), as far as it bears on which keys there are: choices, packages,
`override`, relative and absolute groups. An option that is named by an interpolation is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from colactl.cli.completion.defaults import SELF, Entry, dotted, entries, joined, key, place
from colactl.cli.completion.documents import Leaf, Tree
from colactl.cli.completion.files import ConfigFiles
from colactl.schema.choices import LAUNCHER

DEEPEST = 20  # configs in configs; where they go in circles, Hydra says so
MOST = 500  # configs in all
Part = tuple[str, Tree]  # keys, and the package that they belong in


@dataclass
class Composition:
    """A primary config with what its defaults lists bring.

    Attributes:
        files: Where configs are found.
        choices: The options that are chosen, by group, as on the command line: `model`, `model@encoder`.
        added: What is put at the end of the primary config's defaults list.
        deleted: The groups that are taken out of the defaults lists.
        groups: The groups that were found, by the name that chooses them.
        tree: The keys.
        seen: How many configs were followed.
    """

    files: ConfigFiles
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    added: tuple[Entry, ...] = ()
    deleted: frozenset[str] = frozenset()
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tree: Tree = field(default_factory=dict)
    seen: int = 0

    def compose(self, name: str) -> Composition:
        """Follows a primary config."""
        self.choices = dict(self.choices)
        launcher = Entry(f"/{LAUNCHER}", ("basic",))  # in Hydra's own defaults list
        group = name.rpartition("/")[0]
        for package, tree in self._parts(name, group, self._package(name, None, "", ""), (*self.added, launcher)):
            _merge(_at(self.tree, package), tree)
        return self

    def _parts(self, path: str, group: str, package: str, added: Iterable[Entry] = (), depth: int = 0) -> list[Part]:
        """What a config and those in its defaults list hold, in the order in which they are merged.

        Args:
            path: Its name, such as `model/bert`.
            group: The folder it is in.
            package: Where its keys belong.
            added: Further lines of its defaults list.
            depth: How many configs name it.
        """
        document = self.files.load(path)
        self.seen += 1
        if document is None or depth > DEEPEST or self.seen > MOST:
            return []
        lines = [*entries(document), *added]
        for entry in lines:
            if entry.is_override:
                self.choices.setdefault(key(entry, group, package), entry.options)
        parts: list[list[Part]] = []
        for entry in reversed(lines):  # as Hydra does: what comes last has the first word on its overrides
            if entry == SELF:
                parts.append([(package, document.tree)])
            elif not entry.is_override:
                parts.append([*self._children(entry, group, package, depth)])
        return [part for found in reversed(parts) for part in found]

    def _children(self, entry: Entry, group: str, parent: str, depth: int) -> Iterator[Part]:
        options, folder = entry.options, place(entry.group, group)
        if entry.is_choice:
            name = key(entry, group, parent)
            if name in self.deleted:
                return
            options = self.groups[name] = self.choices.get(name, options)
        for option in options:
            path = f"{folder}/{option}".strip("/")
            package = self._package(path, entry.package, dotted(entry.group), parent)
            yield from self._parts(path, folder, package, (), depth + 1)

    def _package(self, path: str, package: str | None, relative: str, parent: str) -> str:
        """Where a config's keys belong: as the line that names it says, or its own header, or else its group."""
        document = self.files.load(path)
        header = document.package if document else None
        if package is None and header is not None:
            return header.removeprefix("_global_").strip(".")  # always absolute
        return joined(parent, relative if package is None else package)


def _at(tree: Tree, package: str) -> Tree:
    """The part of a tree that a package names, made where it is not there."""
    for name in package.split(".") if package else ():
        if not isinstance(tree.get(name), dict):
            tree[name] = {}
        tree = tree[name]
    return tree


def _with_comment(value: Leaf, earlier: Tree | Leaf | None) -> Leaf:
    return value if value.comment or not isinstance(earlier, Leaf) else replace(value, comment=earlier.comment)


def _merge(tree: Tree, more: Tree) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            if not isinstance(tree.get(name), dict):
                tree[name] = {}
            _merge(tree[name], value)
        else:
            tree[name] = _with_comment(value, tree.get(name))
