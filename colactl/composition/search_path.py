"""Where Hydra looks for configs: the user's folders first, then the shipped ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin

from colactl.composition.hydra_port import VERSION_BASE, Session
from colactl.composition.sources import GUARDS
from colactl.errors import ConfigError
from colactl.schema.config_files import config_dir
from colactl.shell import quoted

USER = "user"  # the provider under which a user's folders stand on Hydra's search path


class UserFolders(SearchPathPlugin):
    """Puts the user's folders before the shipped configs, for primary configs and listings too."""

    folders: tuple[Path, ...] = ()

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Hydra's hook; with "main" as the anchor each new folder comes right before the shipped configs."""
        for folder in self.folders:
            search_path.prepend(provider=USER, path=f"file://{folder}", anchor="main")


@contextmanager
def hydra_session(config_dirs: Sequence[Path | str] = ()) -> Iterator[Session]:
    """Hydra, initialised on the user's folders and the shipped configs; the earlier state comes back afterwards.

    Args:
        config_dirs: The user's folders; the first one wins over those after it.

    Yields:
        What composes and lists groups; within it Hydra's launchers work.

    Raises:
        ConfigError: A folder does not exist, or may not be read.
    """
    UserFolders.folders = tuple(_existing(Path(folder)) for folder in config_dirs)
    Plugins.instance().register(UserFolders)
    earlier = GlobalHydra.instance().hydra  # a notebook may be in a session of its own
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(config_dir()), job_name="train", **VERSION_BASE):
            yield Session(GlobalHydra.instance().config_loader().get_search_path(), GUARDS)
    finally:
        GlobalHydra.instance().hydra = earlier
        UserFolders.folders = ()


def _existing(folder: Path) -> Path:
    if not folder.expanduser().is_dir():
        raise ConfigError(f"There is no config folder {folder}.", "Give --config-dir a folder that holds YAML files.")
    if not os.access(folder.expanduser(), os.R_OK | os.X_OK):  # Hydra would take it for an empty one
        raise ConfigError(f"The config folder {folder} may not be read.", f"See who may: ls -ld {quoted(str(folder))}")
    return folder.expanduser().resolve()
