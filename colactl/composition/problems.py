"""What Hydra, OmegaConf and YAML say when something is wrong, as one sentence and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf.errors import OmegaConfBaseException

from colactl.errors import ConfigError
from colactl.schema.names import nearest

SEE_GROUPS = "Run `colactl list-groups` to see the groups and their options."
SEE_CONFIG = "Run `colactl show-config` to see the keys there are."
# The launchers that come with an extra, by the name of their option.
EXTRAS = {"submitit_local": "slurm", "submitit_slurm": "slurm", "ray": "ray"}


@contextmanager
def explained() -> Iterator[None]:
    """Turns the exceptions of composing into a `ConfigError`."""
    try:
        yield
    except ConfigError:
        raise
    except MissingConfigException as error:
        raise _missing(error) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"A config file is not YAML: {_one_line(error)}.", "Mend the file and run again.") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise _composition(error) from error
    except RecursionError as error:
        message = "A config file cannot be composed: its defaults or its interpolations lead back to themselves."
        raise ConfigError(message, "Mend the file.") from error
    except (OSError, ValueError, TypeError, AssertionError, LookupError, AttributeError, ArithmeticError) as error:
        # Hydra checks the shape of config files with whatever exception comes first.
        raise ConfigError(f"A config file cannot be composed: {_one_line(error)}.", "Mend the file.") from error


def _missing(error: MissingConfigException) -> ConfigError:
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return ConfigError(
            f"There is no config named {option!r}.", "Give --config-name the name of a file, less .yaml."
        )
    if group == "hydra/launcher" and option in EXTRAS:
        hint = f"Install it with: pip install 'colactl[{EXTRAS[option]}]'"
        return ConfigError(f"The launcher {option!r} is not installed.", hint)
    options = sorted(error.options or ())
    near = nearest(option, options)
    hint = f"Did you mean {group}={near}? " if near else ""
    known = f"; there are {', '.join(options)}" if options else ""
    return ConfigError(f"The group {group!r} has no option {option!r}{known}.", hint + SEE_GROUPS)


def _composition(error: Exception) -> ConfigError:
    several = re.match(r"Ambiguous value for argument '(.*)'", str(error))
    if several:
        hint = "A list goes in brackets, as in KEY=[1,2]; `colactl sweep` makes a run for each value."
        return ConfigError(f"{several[1]} is several values, and a config has one.", hint)
    cause = error.__cause__ if not str(error) and error.__cause__ else error
    if isinstance(error, ConfigCompositionException) and isinstance(error.__cause__, OmegaConfBaseException):
        return ConfigError(f"{_one_line(error)}: {_one_line(error.__cause__)}.", SEE_CONFIG)
    return ConfigError(f"{_one_line(cause)}.", SEE_CONFIG)


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    text = next((line for line in lines if line), type(error).__name__)
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        text = f"{error.problem} in {mark.name}:{mark.line + 1}"
    return text.rstrip(".")
