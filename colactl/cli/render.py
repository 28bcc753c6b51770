"""Configs and trees as Rich draws them."""

from __future__ import annotations

from rich.console import RenderableType
from rich.panel import Panel
from rich.syntax import Syntax
from rich.text import Text
from rich.tree import Tree

from colactl.composition.groups import Group, Option

THEME = "ansi_dark"  # the terminal's own colours, readable on any background


def highlighted(yaml: str) -> Syntax:
    """YAML with its syntax in colour."""
    return Syntax(yaml.rstrip("\n"), "yaml", theme=THEME, background_color="default", word_wrap=True)


def config_panel(yaml: str) -> RenderableType:
    """The resolved config, as `train` shows it."""
    return Panel(highlighted(yaml), title="config", title_align="left", border_style="dim")


def groups_tree(groups: dict[str, Group]) -> Tree:
    """The groups with their options; the default and the one in force are marked."""
    tree = Tree("config groups")
    for name, group in groups.items():
        branch = tree.add(Text(name, style="bold"))
        for option, about in group.options.items():
            branch.add(_option_line(option, about, group))
    return tree


def _option_line(name: str, about: Option, group: Group) -> Text:
    in_force = name == group.selected
    line = Text("● " if in_force else "  ", style="green")
    line.append(name, style="green" if in_force else "")
    marks = ["default"] if name == group.default else []
    marks += ["in force"] if in_force and group.selected != group.default else []
    marks += [f"replaces {about.replaces}'s"] if about.replaces else []
    if marks:
        line.append(f"  ({', '.join(marks)})", style="yellow")
    if about.description:
        line.append(f"  {about.description}", style="dim")
    return line
