"""What tests.matrix asks pip for, and that pyproject.toml's bounds are such that it can."""

from __future__ import annotations

import os
import tomllib
from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.conftest import ROOT
from tests.matrix.__main__ import split, table
from tests.matrix.requirements import coming, declared, lowest, wanted

PYPROJECT = """
[project]
name = "Our_Project"
dependencies = ["one>=1.2,<3", "two!=2.1,>=2.0,<3", "old>=1; python_version < '3'"]
[project.optional-dependencies]
dev = ["our-project[extra]", "three>=0.3,<0.4"]
extra = ["four[part]>=4,<5"]
other = ["five>=5"]
"""


def test_an_extra_of_the_project_itself_is_opened_and_a_marker_obeyed() -> None:
    assert [str(each) for each in declared(PYPROJECT)] == [
        "one<3,>=1.2",
        "two!=2.1,<3,>=2.0",
        "four[part]<5,>=4",
        "three<0.4,>=0.3",
    ]


def test_the_lowest_is_the_lower_bound() -> None:
    assert lowest(declared(PYPROJECT)) == ["one==1.2", "two==2.0", "four==4", "three==0.3"]
    with pytest.raises(ValueError, match="six<7 has no lower bound; write six>=VERSION"):
        lowest([Requirement("six<7")])


def test_the_next_is_pinned_and_the_latest_is_that_or_newer() -> None:
    text = "# why\n\nhydra-core==1.4.0rc3\nomegaconf==2.4.1rc1\n"
    assert coming(text, latest=False) == ["hydra-core==1.4.0rc3", "omegaconf==2.4.1rc1"]
    assert coming(text, latest=True) == ["hydra-core>=1.4.0rc3", "omegaconf>=2.4.1rc1"]


def test_torch_is_the_one_at_hand() -> None:
    for name in ("lowest", "next"):
        assert [line for line in wanted(name) if line.startswith("torch=")] == [f"torch=={version('torch')}"]
    assert wanted("newest") == []


def every_requirement() -> list[Requirement]:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    found = {str(each): each for extra in extras for each in declared((ROOT / "pyproject.toml").read_text(), extra)}
    return list(found.values())


@pytest.mark.parametrize("requirement", every_requirement(), ids=str)
def test_a_release_that_may_break_us_is_left_out(requirement: Requirement) -> None:
    """The bounds end at the next major release after the one that runs here, and before 1.0 at the next minor one."""
    if os.environ.get("COLACTL_VERSIONS") == "lowest":
        pytest.skip("the lowest versions say nothing of the upper bounds")
    operators = {each.operator: Version(each.version) for each in requirement.specifier if each.operator != "!="}
    assert set(operators) == {">=", "<"}
    try:
        tried = Version(version(requirement.name))
    except PackageNotFoundError:  # accelerate, which only the benchmarks need
        tried = operators[">="]
    beyond = f"0.{tried.minor + 1}" if tried.major == 0 else str(tried.major + 1)
    assert not requirement.specifier.contains(beyond, prereleases=True)


def test_the_pinned_pre_releases_are_admitted() -> None:
    admitted = {each.name: each.specifier for each in declared((ROOT / "pyproject.toml").read_text())}
    for line in wanted("next"):
        name, pinned = line.split("==")
        assert admitted[name].contains(pinned, prereleases=True)


def test_what_follows_the_dashes_is_pytests() -> None:
    assert split(["next", "--latest", "--", "-k", "a", "--", "b"]) == (["next", "--latest"], ["-k", "a", "--", "b"])
    assert split(["lowest"]) == (["lowest"], [])


def test_the_table_has_each_requirement_with_its_bounds_and_version() -> None:
    rows = [line.split() for line in table({"hydra-core": "1.4.0rc3", "types-pyyaml": "6.0.12.1"}).splitlines()]
    assert rows[0][0] == "Python"
    assert ["hydra-core", "1.4.0rc3"] in [[row[0], row[-1]] for row in rows]
    assert ["types-PyYAML", "6.0.12.1"] in [[row[0], row[-1]] for row in rows]
