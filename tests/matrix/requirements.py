"""What pip is asked for besides colactl itself, read from pyproject.toml's own bounds."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
NEXT = Path(__file__).with_name("next.txt")


def declared(pyproject: str, extra: str = "dev") -> list[Requirement]:
    """What the project and one of its extras require; other extras of the project that this one names are opened."""
    project = tomllib.loads(pyproject)["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]

    def opened(lines: Iterable[str]) -> Iterable[Requirement]:
        for requirement in map(Requirement, lines):
            if canonicalize_name(requirement.name) == canonicalize_name(project["name"]):
                for name in sorted(requirement.extras):
                    yield from opened(extras[name])
            elif requirement.marker is None or requirement.marker.evaluate():
                yield requirement

    return list(opened([*project["dependencies"], *extras[extra]]))


def lowest(requirements: Iterable[Requirement]) -> list[str]:
    """Each requirement pinned to its lower bound.

    Raises:
        ValueError: A requirement has none.
    """
    return [f"{requirement.name}=={lower_bound(requirement)}" for requirement in requirements]


def lower_bound(requirement: Requirement) -> str:
    """The version after `>=`.

    Raises:
        ValueError: There is none.
    """
    for each in requirement.specifier:
        if each.operator == ">=":
            return each.version
    raise ValueError(f"pyproject.toml: {requirement} has no lower bound; write {requirement.name}>=VERSION")


def coming(text: str, latest: bool) -> list[str]:
    """The pinned pre-releases in a requirements file; with `latest` each or any newer one, final releases included."""
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    return [line.replace("==", ">=") for line in lines] if latest else lines


def torch_at_hand() -> list[str]:
    """A pin to the torch that runs here, if there is one: other versions may come with gigabytes of CUDA."""
    try:
        return [f"torch=={version('torch')}"]
    except PackageNotFoundError:
        return []


def wanted(name: str, latest: bool = False) -> list[str]:
    """The lines for pip of one of the environments: lowest, newest or next."""
    if name == "newest":
        return []
    if name == "next":
        return coming(NEXT.read_text(encoding="utf-8"), latest) + torch_at_hand()
    requirements = declared((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return lowest(each for each in requirements if each.name != "torch") + torch_at_hand()
