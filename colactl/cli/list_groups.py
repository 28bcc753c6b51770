"""colactl list-groups: the config groups and their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set
from colactl.cli.output import Output

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from colactl.composition.groups import Group, Option


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the config groups and their options; one GROUP=OPTION a line in a pipe."""
    list_groups(Request.of(overrides, assignments, config_name, config_dir), Output(quiet, as_json))


def list_groups(request: Request, output: Output) -> None:
    """Writes a tree to a terminal, JSON if asked for, and one line for each option anywhere else.

    Raises:
        ConfigError: The primary config or an override is wrong.
    """
    from colactl.composition import groups

    listed = groups.list_groups(*request.config)
    if output.as_json:
        output.json({name: group.as_json() for name, group in listed.items()})
    elif output.stdout_is_terminal():
        output.show(_tree(listed))
    else:
        output.data("\n".join(f"{name}={option}" for name, group in listed.items() for option in group.options))


def _tree(groups: dict[str, Group]) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree("config groups")
    for name, group in groups.items():
        branch = tree.add(Text(name, style="bold"))
        for option, about in group.options.items():
            branch.add(_option_line(option, about, group))
    return tree


def _option_line(name: str, about: Option, group: Group) -> Text:
    """An option with its description; the default and the one in force are marked."""
    from rich.text import Text

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
