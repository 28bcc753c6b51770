"""The config that is being put together on the command line: what there is in it to override."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from colactl.cli.completion.compose import Composition
from colactl.cli.completion.defaults import Entry
from colactl.cli.completion.documents import Leaf, Tree
from colactl.cli.completion.files import ConfigFiles
from colactl.cli.completion.line import Item, Line
from colactl.cli.completion.values import values
from colactl.schema.arguments import optimizer_arguments, trainer_arguments
from colactl.schema.choices import HONOURED

Chosen = dict[str, tuple[str, ...]]  # options by group, which may begin with a sign and end with a package


class Config:
    """A config, after the overrides that are typed already.

    Args:
        line: They, and the folders to find configs in.
    """

    def __init__(self, line: Line) -> None:
        # Hydra takes the folder of a run for a folder of configs, whose primary config is the run's.
        runs = [place for run in line.given.get("rerun", ()) for place in (run, f"{run}/.hydra")]
        self.files = ConfigFiles(runs or line.config_dirs)
        chosen = dict(_chosen(line.overrides))
        choices = {key: options for key, options in chosen.items() if key[0] not in "+~"}
        deleted = frozenset(key[1:] for key in chosen if key.startswith("~"))
        composition = Composition(self.files, choices, tuple(self._added(chosen)), deleted).compose(line.config_name)
        self.groups = sorted(composition.groups)
        self.whole = composition.tree
        self.tree: Tree = {name: node for name, node in self.whole.items() if name != "hydra"}

    def names(self) -> Iterator[Item]:
        """The groups and keys that there are."""
        yield from (Item(f"{name}=") for name in self.groups)
        yield from leaves(self.tree)
        yield from leaves(_part(_part(self.whole, "hydra"), "launcher"), "hydra.launcher.")
        yield from (Item(f"{key}=") for key in HONOURED if key != "hydra.launcher")

    def values(self, key: str) -> list[Item]:
        """The options of a group, or the values of a key."""
        group = key.partition("@")[0]
        if group and "." not in group and (options := self.files.options(group)):
            return [Item(name, comment) for name, comment in options.items()]
        node: Tree | Leaf | None = self.whole
        for name in key.split("."):
            node = node.get(name) if isinstance(node, dict) else None
        return values(key, node if isinstance(node, Leaf) else Leaf())

    def further_groups(self, word: str) -> Iterator[Item]:
        """The groups that no defaults list has, beside the one that `word` begins to name."""
        for group in self.files.groups(word.rpartition("/")[0]):
            if self.files.has_options(group) and group not in self.groups:
                yield Item(f"{group}=")
            if self.files.has_more(group):
                yield Item(f"{group}/")

    def further_keys(self, word: str) -> Iterator[Item]:
        """The arguments of Lightning's Trainer and of the optimizer that the config does not have.

        Args:
            word: What is typed: their sources are large, and only read when the part is named.
        """
        target = _part(self.tree, "optimizer").get("_target_", Leaf()).text
        arguments: tuple[tuple[str, Callable[[], Collection[str] | None]], ...] = (
            ("training", trainer_arguments),
            ("optimizer", lambda: optimizer_arguments(target)),
        )
        for part, known in arguments:
            if word.startswith(f"{part}."):
                there = _part(self.tree, part)
                yield from (Item(f"{part}.{name}=") for name in sorted(known() or ()) if name not in there)
            else:
                yield Item(f"{part}.")

    def _added(self, chosen: Chosen) -> Iterator[Entry]:
        for key, options in chosen.items():
            group, at, package = key[1:].partition("@")
            if key.startswith("+") and self.files.has_options(group):
                yield Entry(f"/{group}", options, package if at else None)


def leaves(tree: Tree, prefix: str = "") -> Iterator[Item]:
    """The keys of a tree that have no others below them."""
    for name, node in tree.items():
        if not re.fullmatch(r"[\w-]+", name):  # it would need quotes
            continue
        if isinstance(node, dict) and node:
            yield from leaves(node, f"{prefix}{name}.")
        else:
            yield Item(f"{prefix}{name}=", node.comment if isinstance(node, Leaf) else "")


def parts(tree: Tree, prefix: str = "") -> Iterator[Item]:
    """All keys of a tree."""
    for name, node in tree.items():
        yield Item(f"{prefix}{name}", node.comment if isinstance(node, Leaf) else "")
        if isinstance(node, dict):
            yield from parts(node, f"{prefix}{name}.")


def _part(tree: Tree, name: str) -> Tree:
    part = tree.get(name)
    return part if isinstance(part, dict) else {}


def _chosen(overrides: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The groups that are chosen, or may be, each with its options: in a sweep there are several."""
    for text in overrides:
        key, _, value = text.partition("=")
        if "." not in key.partition("@")[0] and key.strip("+~"):
            yield key, tuple(re.findall(r"[^,()\[\]\s'\"]+", re.sub(r"^\w+(?=\()", "", value)))
