"""Where the configs are that come with colactl."""

from __future__ import annotations

from pathlib import Path


def config_dir() -> Path:
    """The shipped configs: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    packaged = package / "configs"
    return packaged if packaged.is_dir() else package.parent / "configs"
