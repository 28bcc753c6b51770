"""Runs the fast tier with other versions: python -m tests.matrix lowest|newest|next [--latest] [--reuse] [-- PYTEST].

The environment is made anew in .matrix/NAME. What follows -- goes to pytest, whose exit code is returned.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.matrix.requirements import ROOT, declared, wanted


def main() -> int:
    """Builds an environment, runs pytest in it, and prints what it ran with; returns pytest's exit code."""
    own, extra = split(sys.argv[1:])
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description="The fast tier with other versions.")
    parser.add_argument("name", choices=["lowest", "newest", "next"])
    parser.add_argument("--latest", action="store_true", help="next: the newest pre-releases, not the pinned ones")
    parser.add_argument("--reuse", action="store_true", help="take the environment as it was left, if it is there")
    options = parser.parse_args(own)
    folder = ROOT / ".matrix" / options.name
    if not (options.reuse and (folder / "bin" / "pytest").exists()):
        build(folder, wanted(options.name, options.latest))
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment["COLACTL_VERSIONS"] = options.name
    tests = subprocess.run([folder / "bin" / "python", "-m", "pytest", *extra], cwd=ROOT, env=environment)
    sys.stdout.write(table(installed(folder)))
    return tests.returncode


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments before and after the first `--`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:end], arguments[end + 1 :]


def build(folder: Path, lines: list[str]) -> None:
    """Makes a virtual environment with colactl, editable, its dev extra, and what else pip is asked for."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    if subprocess.run([*pip, "--editable", f"{ROOT}[dev]", *lines], cwd=ROOT).returncode:
        sys.exit("pip finds no such environment for: " + " ".join(lines))


def installed(folder: Path) -> dict[str, str]:
    """The version of each package in an environment, by its normalised name."""
    packages = distributions(path=[str(path) for path in folder.glob("lib/python*/site-packages")])
    return {canonicalize_name(each.name): each.version for each in packages}


def table(versions: dict[str, str]) -> str:
    """What pyproject.toml asks for, and what there was."""
    asked = declared((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rows = [("Python", "", platform.python_version())]
    rows += [(each.name, str(each.specifier), versions.get(canonicalize_name(each.name), "")) for each in asked]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "".join(f"{name:{widths[0]}}  {bounds:{widths[1]}}  {found}\n" for name, bounds, found in rows)


if __name__ == "__main__":
    sys.exit(main())
