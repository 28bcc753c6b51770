"""A config file is data that anybody may have written: looked through before anything is made of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from colactl.config_file.counting import Counter
from colactl.errors import ConfigError, first_line

if TYPE_CHECKING:
    from omegaconf import DictConfig, ListConfig

MOST_BYTES = 1 << 18  # OmegaConf's parser reads some 100 kB a second
FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times as fast where it is there
MEND = "Mend the file and run again."


def check(file: Path, text: str | None = None) -> int:
    """Makes sure that a file is small and plain data, before OmegaConf reads it.

    Args:
        file: For its text, and for the messages.
        text: What is in it; None where it has not been read yet.

    Returns:
        How many keys, values, mappings and lists it comes to, those behind its aliases included.

    Raises:
        ConfigError: It is not; with the file, and the line where there is one.
    """
    text = _text(file) if text is None else text
    try:
        return _count(file, yaml.parse(text, FAST_LOADER))
    except yaml.YAMLError:
        pass  # libyaml refuses a little more than the parser that OmegaConf has
    try:
        return _count(file, yaml.parse(text, yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise _not_yaml(file, error) from error


@contextmanager
def reading(file: Path, text: str | None = None) -> Iterator[int]:
    """Looks through a file, and lets OmegaConf read it inside.

    Args:
        file: As for `check`.
        text: As for `check`.

    Yields:
        What `check` returns.

    Raises:
        ConfigError: The file cannot be read, or is no config.
    """
    size = check(file, text)
    try:
        yield size
    except yaml.YAMLError as error:
        raise _not_yaml(file, error) from error
    # A value that is not what its tag says makes PyYAML raise whatever comes first.
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConfigError(f"{file} cannot be read: {first_line(error)}.", MEND) from error


def load(file: Path) -> DictConfig | ListConfig:
    """Looks through a file and reads it; a pipe, such as the shell's `<(...)`, gives what it holds only once.

    Raises:
        ConfigError: It cannot be read, or is no config.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    text = _text(file)
    with reading(file, text):
        try:
            return OmegaConf.load(io.StringIO(text))
        except OmegaConfBaseException as error:
            raise ValueError(first_line(error)) from error


def description(file: Path) -> str:
    """The first comment line that speaks to a reader, as `# @package` does to Hydra; empty where there is none."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("#") and not line.startswith("# @"):
                return line.lstrip("# ").strip()
    return ""


def _count(file: Path, events: Iterator[Any]) -> int:
    counter = Counter(file)
    for event in events:
        counter.read(event)
    return counter.size


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{file} is larger than {MOST_BYTES} bytes, and no config needs to be.")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise ConfigError(f"{file}:{line}: there is a NUL byte.", MEND)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{file}:{line}: this is not UTF-8.", "Save it as UTF-8.") from error


def _not_yaml(file: Path, error: yaml.YAMLError) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    place = f"{file}:{mark.line + 1}" if mark else str(file)
    return ConfigError(f"{place} is not YAML: {getattr(error, 'problem', None) or first_line(error)}.", MEND)
