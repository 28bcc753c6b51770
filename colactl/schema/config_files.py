"""Config files: read with care, because anybody may have written them, and those that colactl ships."""

from __future__ import annotations

import io
import re
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from colactl.errors import ConfigError, first_line

if TYPE_CHECKING:
    from omegaconf import DictConfig, ListConfig

MOST_BYTES = 1 << 18  # OmegaConf's parser reads some 100 kB a second
FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times as fast where it is there
MEND = "Mend the file and run again."

# OmegaConf and Hydra together make some 2,000 nodes a second, and call themselves several times for each level.
MOST_NODES = 10_000  # keys, values, mappings and lists, those behind aliases counted each time
MOST_LEVELS = 50  # of mappings and lists within each other
MOST_DIGITS = 1000  # Python writes no integer of more than 4300, and takes long to make one
MOST_REFERRING = 4096  # characters of a text with an interpolation, whose grammar takes long to read

YAML = "tag:yaml.org,2002:"
PLAIN = ("null", "bool", "int", "float", "str", "binary", "seq", "map")
PATHS = ("python/object/apply:pathlib.Path", "python/object/apply:pathlib.PosixPath")  # OmegaConf itself writes them
NUMBER = re.compile(r"[-+]?\d[\da-fA-FxXob_:]*")
TAGS = frozenset(["!", *(YAML + name for name in PLAIN + PATHS)])


def check(file: Path, text: str | None = None) -> int:
    """Makes sure that a file is small and plain data, by its YAML events, before OmegaConf reads it.

    Args:
        file: For its text, and for the messages.
        text: Its content; None where it has not been read yet.

    Returns:
        The number of its keys, values, mappings and lists, those behind its aliases included.

    Raises:
        ConfigError: It is not, or too large; with the file and the line.
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
    """Checks a file, and turns what OmegaConf raises while it reads the file inside into a `ConfigError`.

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
    """Checks a file and reads it, once: a pipe such as the shell's `<(...)` cannot be read again.

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


def key_comments(text: str) -> dict[str, str]:
    """What a config file says of its keys, each on the key's own line, by key path; empty where it says nothing."""
    lines = text.splitlines()
    comments: dict[str, str] = {}

    def read(node: yaml.Node | None, above: str) -> None:
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            path = f"{above}{key.value}"
            comments[path] = lines[key.start_mark.line].partition("  # ")[2]
            read(value, f"{path}.")

    read(yaml.compose(text, yaml.SafeLoader), "")
    return comments


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


@dataclass
class Node:
    """A mapping or a list, while it is read.

    Attributes:
        anchor: Its name, if it has one.
        keys: Of a mapping, so far; None for a list.
        children: How many it has so far, of a mapping keys and values.
        size: The number of nodes in it, itself included.
        levels: How deep it goes, itself included.
    """

    anchor: str | None
    keys: set[Hashable] | None
    children: int = 0
    size: int = 1
    levels: int = 1


@dataclass
class Counter:
    """Counts the nodes of a file by its YAML events, because a few anchors may stand for millions of values.

    Attributes:
        file: For the messages.
        open: The mappings and lists that have begun and not ended.
        anchors: The size and the levels of the nodes that have a name.
        size: Of the whole, once all has been read.
    """

    file: Path
    open: list[Node] = field(default_factory=list)
    anchors: dict[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 0

    def read(self, event: Any) -> None:
        """Takes one event.

        Raises:
            ConfigError: The file is too much, or names code; with the line.
        """
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in TAGS:
            self._refuse(event, f"the tag {tag.replace(YAML, '!!')} is refused: a config is plain data")
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append(Node(event.anchor, set() if isinstance(event, yaml.MappingStartEvent) else None))
            self._refuse_depth(event, len(self.open))  # it may never end, and PyYAML takes minutes to find that out
        elif isinstance(event, yaml.CollectionEndEvent):
            node = self.open.pop()
            self._add(event, node.anchor, node.size, node.levels)
        elif isinstance(event, yaml.AliasEvent):
            name = str(event.anchor)
            if name not in self.anchors:
                self._refuse(event, f"*{name} stands within its own anchor, or before it")
            self._add(event, None, *self.anchors[name])
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if "${" in event.value and len(event.value) > MOST_REFERRING:
            self._refuse(event, f"a text with an interpolation has more than {MOST_REFERRING} characters")
        if len(event.value) > MOST_DIGITS and (event.implicit[0] or event.tag) and NUMBER.fullmatch(event.value):
            self._refuse(event, f"a number has more than {MOST_DIGITS} digits")
        parent = self.open[-1] if self.open else None
        if parent and parent.keys is not None and parent.children % 2 == 0 and event.value != "<<":
            key = (event.value, event.implicit, event.tag)  # 1 and "1" are two keys
            if key in parent.keys:
                self._refuse(event, f"the key {event.value} is there twice")
            parent.keys.add(key)
        self._add(event, event.anchor, 1, 0)

    def _add(self, event: Any, anchor: str | None, size: int, levels: int) -> None:
        """Puts a node that is complete into the one that it stands in."""
        if anchor is not None:
            self.anchors[anchor] = size, levels
        if not self.open:
            self.size = size
            return
        parent = self.open[-1]
        parent.children += 1
        parent.size += size
        parent.levels = max(parent.levels, levels + 1)
        if sum(node.size for node in self.open) > MOST_NODES:
            self._refuse(event, f"with its aliases, the file has more than {MOST_NODES} keys and values")
        self._refuse_depth(event, parent.levels + len(self.open) - 1)

    def _refuse_depth(self, event: Any, levels: int) -> None:
        if levels > MOST_LEVELS:
            self._refuse(event, f"it is nested more than {MOST_LEVELS} levels deep")

    def _refuse(self, event: Any, reason: str) -> None:
        raise ConfigError(f"{self.file}:{event.start_mark.line + 1}: {reason}.", "Mend the file and run again.")


def config_dir() -> Path:
    """The shipped configs: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "configs"
    return packaged if packaged.is_dir() else package.parent / "configs"


def shipped_configs() -> dict[str, Path]:
    """The files of the primary config, `config`, and of every option, such as `model/bert`, sorted by name."""
    root = config_dir()
    files = {file.relative_to(root).with_suffix("").as_posix(): file for file in root.rglob("*.yaml")}
    return dict(sorted(files.items()))


def shipped_config(name: str) -> Path:
    """The file of a shipped config.

    Raises:
        ConfigError: No config has that name; the hint names those that are like it.
    """
    files = shipped_configs()
    if name in files:
        return files[name]
    options = [known for known in files if known.startswith(f"{name.rstrip('/')}/")]
    if options:
        raise ConfigError(f"{name!r} is a group, not an option of one.", f"Name one of {', '.join(options)}.")
    from colactl.schema.names import nearest

    typed = name.replace("=", "/").removesuffix(".yaml")
    near = [known for known in files if f"/{known}".endswith(f"/{typed}")]
    likely = " or ".join(near) or nearest(name, files)
    hint = f"Did you mean {likely}? " if likely else ""
    raise ConfigError(
        f"colactl ships no config {name!r}.", f"{hint}Run `colactl list-groups` to see the groups and their options."
    )
