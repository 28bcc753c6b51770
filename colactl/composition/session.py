"""Hydra on the user's folders and the shipped configs: where it looks, how much it reads, and what its errors mean."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from colactl.composition.hydra_port import VERSION_BASE, Configs, Guards, Session
from colactl.errors import ConfigError, first_line
from colactl.schema.config_files import config_dir, reading
from colactl.schema.groups import LAUNCHER
from colactl.schema.names import nearest
from colactl.shell import quoted

USER = "user"  # the provider under which a user's folders stand on Hydra's search path
MOST_NODES = 50_000  # of the files that one config is made of, each as often as Hydra loads it, which is three times
NODES_PER_ENTRY = 30  # that an entry of a defaults list costs as much as: 500 entries take some 3 seconds
MOST_GROUPS = 1000  # that are looked through; somebody's home folder has more
SEE_GROUPS = "Run `colactl list-groups` to see the groups and their options."
SEE_CONFIG = "Run `colactl show-config` to see the keys there are."
# The launchers that come with an extra, by the name of their option.
EXTRAS = {"submitit_local": "slurm", "submitit_slurm": "slurm", "ray": "ray"}


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


def without_hydra(whole: DictConfig) -> DictConfig:
    """A copy of a composed config without Hydra's own node."""
    config = whole.copy()
    with read_write(config), open_dict(config):
        config.pop("hydra", None)
    return config


def all_groups(configs: Configs) -> list[str]:
    """Every group at any depth, of Hydra's own the launcher's alone.

    Args:
        configs: Where to look.

    Returns:
        At most `MOST_GROUPS`: links may lead back to a folder above.
    """
    groups = [""]
    for parent in groups:  # which grows
        names = [f"{parent}/{name}".lstrip("/") for name in dict.fromkeys(configs.groups(parent))]
        groups += [name for name in names if name != "hydra"]
        if len(groups) > MOST_GROUPS:
            break
    return [*groups[1:MOST_GROUPS], LAUNCHER]


def _limit_composition() -> Callable[[str, int], None]:
    """Counts what one composition loads: the entries of a few defaults lists may stand for millions."""
    left = MOST_NODES

    def count(config: str, size: int) -> None:
        nonlocal left
        left -= NODES_PER_ENTRY + size
        if left < 0:
            message = f"The defaults lists bring in too much, {config} last of all."
            raise ConfigError(message, "Look for options that bring in each other, or the same one often.")

    return count


def _refuse_code(path: str) -> None:
    """Refuses a place to look for configs that is not a folder: Hydra imports a package to find the configs in it."""
    scheme, separator, folder = path.rpartition("://")
    if separator and scheme != "file":
        message = f"hydra.searchpath names {path}: to look there would run code, and a config is data."
        raise ConfigError(message, "Name a folder: file:///path/to/it")
    if not os.path.isdir(folder):  # noqa: PTH112 - as Hydra asks, and Path.is_dir raises for a name that is too long
        raise ConfigError(f"hydra.searchpath names {path}, and there is no such folder.")


GUARDS = Guards(file=reading, folder=_refuse_code, composition=_limit_composition)


@contextmanager
def explained() -> Iterator[None]:
    """Turns what Hydra, OmegaConf and YAML raise into a `ConfigError`: one sentence, and what to do."""
    try:
        yield
    except ConfigError:
        raise
    except MissingConfigException as error:
        raise _missing_config(error) from error
    except yaml.YAMLError as error:
        message = f"A config file is not YAML: {_first_line(error)}."
        raise ConfigError(message, "Mend the file and run again.") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise _not_composed(error) from error
    except RecursionError as error:
        message = "A config file cannot be composed: its defaults or its interpolations lead back to themselves."
        raise ConfigError(message, "Mend the file.") from error
    except (OSError, ValueError, TypeError, AssertionError, LookupError, AttributeError, ArithmeticError) as error:
        # Hydra checks the shape of config files with whatever exception comes first.
        raise ConfigError(f"A config file cannot be composed: {_first_line(error)}.", "Mend the file.") from error


def _missing_config(error: MissingConfigException) -> ConfigError:
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return ConfigError(
            f"There is no config named {option!r}.", "Give --config-name the name of a file, less .yaml."
        )
    if group == LAUNCHER and option in EXTRAS:
        hint = f"Install it with: pip install 'colactl[{EXTRAS[option]}]'"
        return ConfigError(f"The launcher {option!r} is not installed.", hint)
    options = sorted(error.options or ())
    near = nearest(option, options)
    hint = f"Did you mean {group}={near}? " if near else ""
    known = f"; there are {', '.join(options)}" if options else ""
    return ConfigError(f"The group {group!r} has no option {option!r}{known}.", hint + SEE_GROUPS)


def _not_composed(error: Exception) -> ConfigError:
    several = re.match(r"Ambiguous value for argument '(.*)'", str(error))
    if several:
        hint = "A list goes in brackets, as in KEY=[1,2]; `colactl sweep` makes a run for each value."
        return ConfigError(f"{several[1]} is several values, and a config has one.", hint)
    cause = error.__cause__ if not str(error) and error.__cause__ else error
    if isinstance(error, ConfigCompositionException) and isinstance(error.__cause__, OmegaConfBaseException):
        return ConfigError(f"{_first_line(error)}: {_first_line(error.__cause__)}.", SEE_CONFIG)
    return ConfigError(f"{_first_line(cause)}.", SEE_CONFIG)


def _first_line(error: BaseException) -> str:
    text = first_line(error)
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        text = f"{error.problem} in {error.problem_mark.name}:{error.problem_mark.line + 1}"
    return text.rstrip(".")
