"""Which groups and options there are, where each comes from, and which are selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from colactl.composition.compose import Composed, compose_in
from colactl.composition.hydra_port import Configs
from colactl.composition.session import MOST_GROUPS, all_groups, explained, hydra_session
from colactl.errors import ConfigError
from colactl.schema.config_files import config_dir, description
from colactl.schema.groups import LAUNCHER

SHIPPED = "colactl"
# Hydra's launchers, which are no files and have no comment to take a description from.
LAUNCHERS = {
    "basic": "One job after the other",
    "joblib": "Several jobs at a time on this machine; hydra.launcher.n_jobs says how many",
    "ray": "Ray, on this machine or on a cluster that is there",
    "ray_aws": "Ray, on machines that it starts at AWS",
    "submitit_local": "Processes on this machine through submitit, as it would run them on Slurm",
    "submitit_slurm": "Slurm, through submitit",
}


@dataclass(frozen=True)
class Option:
    """An option of a group.

    Attributes:
        description: The first comment of its file; empty where there is none, as for a plugin that is not known.
        source: "colactl" for a shipped one, the folder of a user's, "hydra" for a plugin's.
        replaces: The source of the option that it hides, if any.
    """

    description: str
    source: str
    replaces: str | None


@dataclass(frozen=True)
class Group:
    """A config group.

    Attributes:
        default: The option in the primary config's defaults list; None if the group is not in it.
        selected: The option under the given overrides.
        options: By name.
    """

    default: str | None
    selected: str | None
    options: dict[str, Option]

    def as_json(self) -> dict[str, Any]:
        """As plain containers."""
        return asdict(self)


def list_groups(
    overrides: Sequence[str] = (), config_name: str = "config", config_dirs: Sequence[Path | str] = ()
) -> dict[str, Group]:
    """Lists every group with its options, sorted by name.

    Raises:
        ConfigError: The primary config or an override is wrong.
    """
    with hydra_session(config_dirs) as session:
        default = selected = _choices(compose_in(session, (), config_name))
        if overrides:
            selected = _choices(compose_in(session, overrides, config_name))
        with explained():
            names = _options(session.configs(config_name))
    folders = [(str(folder), Path(folder).expanduser()) for folder in config_dirs] + [(SHIPPED, config_dir())]
    options = {group: {name: _option(group, name, folders) for name in names[group]} for group in sorted(names)}
    return {group: Group(default.get(group), selected.get(group), options[group]) for group in options}


def _choices(composed: Composed) -> dict[str, str | None]:
    """The option in force of each group; a group placed elsewhere counts under its own name as well."""
    return {str(group).partition("@")[0]: option for group, option in composed.hydra.runtime.choices.items()}


def _options(configs: Configs) -> dict[str, list[str]]:
    groups = all_groups(configs)
    if len(groups) >= MOST_GROUPS:  # a home folder, say, or links that lead back to a folder above
        message = f"Among the folders of configs there are more than {MOST_GROUPS} groups."
        raise ConfigError(message, "Give --config-dir a folder that holds nothing but configs.")
    return {group: options for group in groups if (options := configs.options(group))}


def _option(group: str, name: str, folders: list[tuple[str, Path]]) -> Option:
    """Finds the file that Hydra would take: the first on its search path; the next one is what it replaces."""
    files = [
        (source, file)
        for source, folder in folders
        for suffix in (".yaml", ".yml")
        if (file := folder / group / f"{name}{suffix}").is_file()
    ]
    if not files:
        return Option(LAUNCHERS.get(name, "") if group == LAUNCHER else "", "hydra", None)
    return Option(description(files[0][1]), files[0][0], files[1][0] if len(files) > 1 else None)
