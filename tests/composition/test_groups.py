from __future__ import annotations

import tomllib
from pathlib import Path

from colactl.composition.groups import LAUNCHERS, list_groups
from colactl.composition.session import EXTRAS
from tests.conftest import ROOT


def test_default_selected_and_description() -> None:
    groups = list_groups(["model=bert", "hydra/launcher=joblib"])
    assert (groups["model"].default, groups["model"].selected) == ("default", "bert")
    assert (groups["hydra/launcher"].default, groups["hydra/launcher"].selected) == ("basic", "joblib")
    assert groups["model"].options["bert"].description == "BERT base, uncased (110M parameters)"
    assert groups["experiment"].options["cola_bert"].description.startswith("BERT base on CoLA")
    assert not [name for name in groups if name.startswith("hydra") and name != "hydra/launcher"]


def test_every_shipped_option_has_a_description() -> None:
    options = [option for group in list_groups().values() for option in group.options.values()]
    assert [option for option in options if option.source == "colactl" and not option.description] == []


def test_the_launchers_that_colactl_and_its_extras_install_have_a_description() -> None:
    launchers = list_groups()["hydra/launcher"].options
    assert launchers["joblib"].description == (
        "Several jobs at a time on this machine; hydra.launcher.n_jobs says how many"
    )
    assert [name for name, option in launchers.items() if not option.description] == []


def test_the_launchers_of_extras_are_described_and_the_extras_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(EXTRAS) <= set(LAUNCHERS)
    assert set(EXTRAS.values()) <= set(project["optional-dependencies"])


def test_an_experiments_choice_is_in_force() -> None:
    assert list_groups(["experiment=cola_bert"])["data"].selected == "cola"


def test_a_users_folder_and_what_it_replaces(tutorial: Path) -> None:
    groups = list_groups(config_dirs=[tutorial])
    assert (groups["database"].default, set(groups["database"].options)) == (
        "mongoDB",
        {"default", "mongoDB", "AmazonDB"},
    )
    assert groups["model"].options["bert"].source == str(tutorial)
    assert groups["model"].options["bert"].replaces == "colactl"
    assert groups["model"].options["roberta"].replaces is None
    assert groups["database"].options["mongoDB"].description == "A document store"


def test_one_line_of_the_defaults_list_swaps_the_database(tutorial: Path) -> None:
    config = tutorial / "config.yaml"
    config.write_text(config.read_text().replace("mongoDB", "AmazonDB"))
    assert list_groups(config_dirs=[tutorial])["database"].selected == "AmazonDB"
