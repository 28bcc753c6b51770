"""What is offered for words and overrides: it is what Hydra composes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from colactl.cli.completion.keys import Leaf, leaves
from colactl.cli.completion.line import Item, Line
from colactl.cli.completion.overrides import typed_config, values
from colactl.composition.compose import compose
from colactl.composition.groups import list_groups
from colactl.composition.hydra_port import VERSION_BASE
from colactl.schema.config_files import config_dir
from colactl.schema.groups import declarations
from tests.completions import items, offered
from tests.conftest import ROOT, write_files

MODELS = [f"model={file.stem}" for file in sorted((config_dir() / "model").glob("*.yaml"))]


def test_there_are_models() -> None:
    assert len(MODELS) >= 8


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sh", ["show-config"]),
        ("--ver", ["--version"]),
        ("nope mo", []),
        ("train --re", ["--resume", "--rerun"]),
        ("train --strict --st", []),
        ("train --set seed=1 --se", ["--set"]),
        ("sweep --sampler ran", ["random"]),
        ("sweep --sampler=ran", ["--sampler=random"]),
        ("evaluate x --split t", ["train", "test"]),
        ("predict x --format js", ["jsonl"]),
        ("train mo", ["model.", "model="]),
        ("train --set mo", ["model.", "model="]),
        ("train --set=mo", ["--set=model.", "--set=model="]),
        ("train --unknown --quiet mo", ["model.", "model="]),
        ("train model=", MODELS),
        ("train model=bert", ["model=bert", "model=bert_tiny"]),
        ("train model=bert,ro", []),
        ("sweep model=bert,ro", ["model=bert,roberta"]),
        ("sweep model=bert,bert", ["model=bert,bert_tiny"]),
        ("sweep model=choice(bert,ro", ["model=choice(bert,roberta"]),
        ("train training.max", ["training.max_epochs=", "training.max_steps="]),
        ("train training.max_epochs=", ["training.max_epochs=8"]),
        ("train training=debug training.max_epochs=", ["training.max_epochs=1"]),
        ("train training.deterministic=", [f"training.deterministic={value}" for value in ("true", "false", "warn")]),
        ("train --set callbacks.plots=", ["callbacks.plots=true", "callbacks.plots=false"]),
        ("train logger.wandb.mode=o", ["logger.wandb.mode=online", "logger.wandb.mode=offline"]),
        ("train callbacks.checkpoint.monitor=valid/l", ["callbacks.checkpoint.monitor=valid/loss"]),
        ("train training.precision=bf", ["training.precision=bf16-mixed", "training.precision=bf16-true"]),
        ("train data.", ["data.seed=", "data.source="]),
        ("train data=cola data.c", ["data.columns."]),
        ("train data=cola data.columns.s", ["data.columns.sentence=", "data.columns.source="]),
        ("train --set data=cola data.c", ["data.columns."]),
        ("train data=cola --set data.c", ["data.columns."]),
        ("sweep data=default,cola data.s", ["data.seed=", "data.source="]),
        ("sweep data=default,cola data.c", ["data.columns."]),
        ("train experiment=cola_bert data.pat", ["data.path="]),
        ("train experiment=cola_bert optimizer.lr=", ["optimizer.lr=2e-5", "optimizer.lr=auto"]),
        ("train ~see", ["~seed"]),
        ("train ~model.na", ["~model.name"]),
        ("train ~model", ["~model", "~model."]),
        ("train ~model model.", []),
        ("train ++see", ["++seed="]),
        ("train +train", ["+training."]),
        ("train +training.min", ["+training.min_epochs=", "+training.min_steps="]),
        ("train +training.max_e", []),
        ("train +optimizer.ams", ["+optimizer.amsgrad="]),
        ("train hy", ["hydra.", "hydra/"]),
        ("train hydra/", ["hydra/launcher="]),
        ("train hydra/launcher=j", ["hydra/launcher=joblib"]),
        ("train hydra/launcher=joblib hydra.launcher.n", ["hydra.launcher.n_jobs="]),
        ("train hydra/launcher=two_jobs hydra.launcher.n_jobs=", ["hydra.launcher.n_jobs=2"]),
        ("train hydra.r", ["hydra.run."]),
        ("train hydra.run.", ["hydra.run.dir="]),
        ("evaluate x --set ", ["data.", "data="]),
        ("evaluate x --set data=f", ["data=files"]),
        ("show-config -p model.arch", ["model.architecture", "model.architecture."]),
        ("show-config --config-name c", ["config"]),
        ("train nope", []),
        ("train nope.", []),
        ("train nope=", []),
        ("train =", []),
        ("train a==", []),
        ("predict x -- mo", []),
    ],
)
def test_what_is_offered(line: str, expected: list[str]) -> None:
    assert sorted(offered(line)) == sorted(expected)


def test_comments_come_from_the_files() -> None:
    assert Item("training.max_epochs=", "passes over the training split") in items("train training.max")
    (bert, *_) = items("train model=bert")
    assert bert == Item("model=bert", "BERT base, uncased (110M parameters)")


class TestUserFolders:
    def test_options_and_keys_are_added(self, tutorial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tutorial.parent))
        for folder in (str(tutorial), "~/tutorial", "$HOME/tutorial"):
            words = f"train --config-dir {folder}"
            assert offered(f"{words} data") == ["database.", "database="]
            assert offered(f"{words} database=mon") == ["database=mongoDB"]
            assert offered(f"{words} database.d") == ["database.driver="]
            assert offered(f"{words} model=bert_") == ["model=bert_tiny"]
        assert offered(f"train --config-dir={tutorial} database=A") == ["database=AmazonDB"]

    def test_a_primary_config(self, tutorial: Path) -> None:
        (tutorial / "mine.yaml").write_text("defaults:\n  - database: default\nheight: 3\n")
        assert offered(f"train --config-dir {tutorial} --config-name m") == ["mine"]
        assert offered(f"train --config-dir {tutorial} --config-name mine he") == ["height="]
        assert offered(f"train --config-dir {tutorial} --config-name mine mod") == []
        assert offered(f"train --config-dir {tutorial} --config-name mine +mod") == ["+model="]
        assert offered(f"train --config-dir {tutorial} --config-name mine +model=bert mod") == ["model.", "model="]

    def test_an_answer_is_never_old(self, tutorial: Path) -> None:
        option, words = tutorial / "database" / "mine.yaml", f"train --config-dir {tutorial} database"
        for key in ("aa", "bb"):
            option.write_text(f"{key}: 1\n")  # of the same size
            os.utime(option, (0, 0))  # and with the same time
            assert offered(f"{words}=mine database.") == [f"database.{key}="]
        option.rename(option.with_stem("yours"))
        os.utime(option.parent, (0, 0))
        assert offered(f"{words}=m") == ["database=mongoDB"]
        assert offered(f"{words}=yours database.") == ["database.bb="]

    @pytest.mark.skipif(not VERSION_BASE, reason="OmegaConf 2.4 reads with libyaml itself")
    def test_a_file_that_libyaml_refuses(self, tutorial: Path) -> None:
        (tutorial / "database" / "old.yaml").write_text("%YAML 1.3\n---\nheight: true\n")
        words = f"train --config-dir {tutorial} database=old database.h"
        assert offered(words) == ["database.height="]
        assert offered(f"{words}eight=") == ["database.height=true", "database.height=false"]

    def test_what_hydra_refuses_is_left_out(self, tutorial: Path) -> None:
        (tutorial / "database" / "special.yaml").write_text("host: x\n")
        words = f"sweep --config-dir {tutorial} model=bert,nope a=[ lr=interval(1,2) database=special"
        for more in ("", "data=nope ", "+database=mongoDB "):
            assert offered(f"{words} {more}database.h") == ["database.host="]

    def test_a_group_at_a_package(self, packages: Path) -> None:
        words = f"train --config-dir {packages}"
        assert offered(f"{words} model@") == ["model@decoder=", "model@encoder="]
        assert offered(f"{words} model@encoder=rob") == ["model@encoder=roberta"]
        assert offered(f"{words} encoder.n") == ["encoder.name="]
        assert offered(f"{words} db/") == ["db/engine/", "db/engine="]
        assert offered(f"{words} db/engine/") == ["db/engine/pool="]
        assert offered(f"{words} +oth") == ["+other/"]
        assert offered(f"{words} +other/deep=") == ["+other/deep=one"]

    def test_broken_files_are_left_out(self, tutorial: Path, capfd: pytest.CaptureFixture[str]) -> None:
        (tutorial / "database" / "broken.yaml").write_text("a: [\n")
        (tutorial / "database" / "nul.yaml").write_bytes(b"\x00\xff")
        (tutorial / "database" / "circle.yaml").write_text("defaults:\n  - circle\na: &a\n  b: *a\n")
        (tutorial / "database" / "odd.yaml").write_text("defaults: {a: 1}\n1: [2]\nnull: {3: 4}\n")
        words = f"train --config-dir {tutorial}"
        assert offered(f"{words} database=br") == ["database=broken"]
        for option in ("broken", "nul", "circle", "odd"):
            assert offered(f"{words} database={option} see") in ([], ["seed="])
            offered(f"{words} database={option} database.")
        assert offered("train --config-dir nope see") == ["seed="]
        (tutorial / "config.yaml").write_text("{")
        assert offered(f"{words} see") == []
        assert offered(f"{words} model=bert_") == ["model=bert_tiny"]
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("value", ["{{x: *a{}, y: *a{}}}", "{{<<: [*a{}, *a{}]}}"])
    def test_anchors_that_explode(self, tutorial: Path, value: str) -> None:
        levels = ["a0: &a0 {k: 1}", *(f"a{n}: &a{n} {value.format(n - 1, n - 1)}" for n in range(1, 40))]
        (tutorial / "database" / "bomb.yaml").write_text("\n".join(levels))
        words = f"train --config-dir {tutorial} database=bomb"
        assert offered(f"{words} database.") == ["database.driver=", "database.url="]  # as without it

    def test_defaults_that_explode(self, tutorial: Path) -> None:
        (tutorial / "database" / "bomb.yaml").write_text("defaults:\n  - bomb\n  - bomb\n  - /database: bomb\na: 1\n")
        offered(f"train --config-dir {tutorial} database=bomb database.a")

    def test_keys_that_are_merged(self, tutorial: Path) -> None:
        (tutorial / "database" / "merged.yaml").write_text("a: &a {x: 1, y: 2}\nb:\n  x: 5\n  <<: *a\n  z: 3\n")
        words = f"train --config-dir {tutorial} database=merged"
        assert offered(f"{words} database.b.") == ["database.b.x=", "database.b.y=", "database.b.z="]
        assert offered(f"{words} database.b.x=") == ["database.b.x=5"]


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder that makes much of packages, nesting and overrides."""
    files = {
        "config.yaml": "defaults:\n  - model@encoder: bert\n  - model@decoder: default\n  - db/engine: mysql\n"
        "  - optional nothing: here\n  - site: a\n  - _self_\n  - override db/engine/pool: small\n"
        "  - override hydra/launcher: joblib\nencoder:\n  extra: 1\n",
        "db/engine/mysql.yaml": "defaults:\n  - pool: large\n  - /site@here: b\n  - base\n  - _self_\nport: 1\n",
        "db/engine/base.yaml": "host: x\n",
        "db/engine/pool/large.yaml": "size: 100\nlimits: {soft: 1, hard: 2}\n",
        "db/engine/pool/small.yaml": "size: 1\n",
        "site/a.yaml": "# @package place.of\nname: a\n",
        "site/b.yaml": "name: b\ncolour: red\n",
        "other/deep/one.yaml": "# @package _global_\ndefaults:\n  - override /site: b\ntop: 1\n",
    }
    write_files(tmp_path / "packages", files)
    return tmp_path / "packages"


class TestAsHydra:
    """Hydra composes; completion only follows it. What it offers are the keys that Hydra comes to."""

    @pytest.mark.parametrize(
        "overrides",
        [
            *(
                [f"{group}={option}"]
                for group in ("data", "training", "logger")
                for option in sorted(file.stem for file in (config_dir() / group).glob("*.yaml"))
            ),
            *([option] for option in MODELS),
            ["experiment=cola_bert"],
            ["experiment=cola_bert", "data=default"],
            ["~callbacks"],
            ["hydra/launcher=joblib"],
            ["hydra/launcher=submitit_slurm"],
            ["hydra/launcher=slurm"],
            ["hydra/launcher=two_jobs"],
        ],
        ids=" ".join,
    )
    def test_the_shipped_configs(self, overrides: list[str]) -> None:
        self.check(overrides)

    @pytest.mark.parametrize(
        "overrides",
        [
            [],
            ["model@encoder=roberta"],
            ["site=b"],
            ["db/engine/pool=large"],
            ["+model@third.place=bert_tiny"],
            ["+other/deep=one"],
            ["+other/deep=one", "site=a"],
            ["~model@encoder"],
        ],
        ids=" ".join,
    )
    def test_packages(self, overrides: list[str], packages: Path) -> None:
        self.check(overrides, packages)

    def test_the_tutorial(self, tutorial: Path) -> None:
        self.check([], tutorial)
        self.check(["database=AmazonDB"], tutorial)

    def test_the_launchers_and_groups(self) -> None:
        for name, group in list_groups().items():
            with typed_config(Line()) as config:
                assert [item.text for item in config.options(name)] == list(group.options)

    def check(self, overrides: list[str], folder: Path | None = None) -> None:
        folders = [folder] if folder else []
        composed = compose(overrides, config_dirs=folders)
        with typed_config(Line("train", {"overrides": overrides, "--config-dir": list(map(str, folders))})) as found:
            assert {item.text for item in leaves(found.keys)} == set(flat(composed.config))
            launcher = {item.text for item in found.names() if item.text.startswith("hydra.launcher.")}
        assert launcher == {f"hydra.launcher.{key}" for key in flat(composed.hydra.launcher) if key != "_target_="}
        choices = [key for key in composed.hydra.runtime.choices if key == "hydra/launcher" or key[:6] != "hydra/"]
        assert found.groups == sorted(map(str, choices))


def test_what_installed_packages_bring(tmp_path: Path) -> None:
    """A package with a folder of configs, another that stores one, as Hydra's plugins do; Hydra composes both."""
    files = {
        "hydra_plugins/place/__init__.py": "from hydra.core.plugins import Plugins\n"
        "from hydra.plugins.search_path_plugin import SearchPathPlugin\n"
        "class Place(SearchPathPlugin):\n"
        "    def manipulate_search_path(self, search_path):\n"
        "        search_path.append(provider='place', path='pkg://place.configs')\n",
        "hydra_plugins/store/__init__.py": "from dataclasses import dataclass\n"
        "from hydra.core.config_store import ConfigStore\n"
        "@dataclass\nclass Heavy:\n    name: str = 'x'\n    weight: int = 3\n"
        "ConfigStore.instance().store(group='model', name='heavy', node=Heavy)\n",
        "place/__init__.py": "",
        "place/configs/__init__.py": "",
        "place/configs/model/placed.yaml": "# Of a package\nname: placed\nheight: 3\n",
        "place/configs/garden/rose.yaml": "colour: red\n",
    }
    write_files(tmp_path, files)
    program = (
        "import sys, typer; from colactl.cli.app import app; from colactl.cli.completion.line import complete\n"
        "for line in sys.argv[1:]:\n    *words, word = line.split(' ')\n"
        "    print([item.text for item in complete(typer.main.get_command(app), words, word)])\n"
        "from colactl.composition.compose import compose\n"
        "print(compose(['model=placed', '+garden=rose']).config.garden.colour)\n"
        "print(compose(['model=heavy']).config.model.weight)"
    )
    lines = ["train model=p", "train model=hea", "train model=placed model.he", "train model=heavy model.w", "train +g"]
    done = subprocess.run(
        [sys.executable, "-c", program, *lines],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"},
    )
    assert done.stdout.splitlines() == [
        "['model=placed']",
        "['model=heavy']",
        "['model.height=']",
        "['model.weight=']",
        "['+garden=']",
        "red",
        "3",
    ], done.stderr


def flat(config: DictConfig, prefix: str = "") -> Iterator[str]:
    plain: Any = OmegaConf.to_container(config)
    for key, value in plain.items():
        if isinstance(value, dict) and value:
            yield from flat(OmegaConf.create(value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}="


def test_what_is_declared_is_offered() -> None:
    for path, key in declarations():
        if key.choices and path != "data.source":
            assert {item.text for item in values(path, Leaf())} == {*key.choices}
