"""The configs that come with colactl: where they are, and which."""

from __future__ import annotations

from pathlib import Path

from colactl.errors import ConfigError

MOST_NEAR = 3  # names to suggest


def config_dir() -> Path:
    """The shipped configs: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    packaged = package / "configs"
    return packaged if packaged.is_dir() else package.parent / "configs"


def shipped_configs() -> dict[str, Path]:
    """The files of the primary config, `config`, and of every option, such as `model/bert`, sorted by name."""
    root = config_dir()
    found = {file.relative_to(root).with_suffix("").as_posix(): file for file in root.rglob("*.yaml")}
    return dict(sorted(found.items()))


def shipped_config(name: str) -> Path:
    """The file of one of them.

    Raises:
        ConfigError: There is none of that name; the hint has those that are like it.
    """
    files = shipped_configs()
    if name in files:
        return files[name]
    options = [known for known in files if known.startswith(f"{name.rstrip('/')}/")]
    if options:
        raise ConfigError(f"{name!r} is a group, not an option of one.", f"Name one of {', '.join(options)}.")
    import difflib

    typed = name.replace("=", "/").removesuffix(".yaml")
    near = [known for known in files if f"/{known}".endswith(f"/{typed}")]
    near = near or difflib.get_close_matches(name, files, MOST_NEAR)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    raise ConfigError(
        f"colactl ships no config {name!r}.", f"{hint}Run `colactl list-groups` to see the groups and their options."
    )
