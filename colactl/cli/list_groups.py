"""colactl list-groups: what there is to choose from."""

from __future__ import annotations

from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set
from colactl.cli.output import Output


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the config groups and their options; one GROUP=OPTION a line in a pipe."""
    request = Request.of(overrides, assignments, config_name, config_dir)
    list_groups(request, Output(quiet), as_json)


def list_groups(request: Request, output: Output, as_json: bool = False) -> None:
    """Writes a tree to a terminal, JSON where asked, and a line an option anywhere else.

    Raises:
        ConfigError: The primary config or an override is wrong.
    """
    from colactl.composition import groups

    found = groups.list_groups(request.overrides, request.config_name, request.config_dirs)
    if as_json:
        output.json({name: group.as_json() for name, group in found.items()})
    elif output.stdout_is_terminal():
        from colactl.cli.render import groups_tree

        output.show(groups_tree(found))
    else:
        output.data("\n".join(f"{name}={option}" for name, group in found.items() for option in group.options))
