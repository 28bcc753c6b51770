"""What completion offers, and how it reads a shell's question; `test_shells` asks real shells."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from omegaconf import DictConfig, OmegaConf

from colactl.cli.app import app
from colactl.cli.completion import shells
from colactl.cli.completion.keys import Leaf, leaves
from colactl.cli.completion.line import Item, Line, complete
from colactl.cli.completion.overrides import _typed_config, values
from colactl.cli.completion.shells import answer
from colactl.composition.compose import compose
from colactl.composition.groups import list_groups
from colactl.schema.config_files import config_dir
from colactl.schema.groups import declarations
from tests.conftest import ROOT, Completed
from tests.made_sweeps import made_run, made_sweep, result

GROUP: Any = typer.main.get_command(app)
GROUPS = ("data", "training", "logger")
MODELS = [f"model={file.stem}" for file in sorted((config_dir() / "model").glob("*.yaml"))]


def offered(line: str) -> list[str]:
    *words, word = line.split(" ")
    return [item.text for item in complete(GROUP, words, word)]


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
    assert Item("training.max_epochs=", "passes over the training split") in complete(GROUP, ["train"], "training.max")
    (bert, *_) = complete(GROUP, ["train"], "model=bert")
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
        "site/a.yaml": "# @package place.of\ndefaults:\n  - [b, c]\nname: a\n",
        "site/b.yaml": "name: b\ncolour: red\n",
        "other/deep/one.yaml": "# @package _global_\ndefaults:\n  - override /site: b\ntop: 1\n",
    }
    files["site/a.yaml"] = "# @package place.of\nname: a\n"
    for name, text in files.items():
        file = tmp_path / "packages" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
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
            with _typed_config(Line()) as config:
                assert [item.text for item in config.options(name)] == list(group.options)

    def check(self, overrides: list[str], folder: Path | None = None) -> None:
        folders = [folder] if folder else []
        composed = compose(overrides, config_dirs=folders)
        with _typed_config(Line("train", {"overrides": overrides, "--config-dir": list(map(str, folders))})) as found:
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
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
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


class TestFolders:
    @pytest.fixture(autouse=True)
    def runs(self) -> None:
        made_run(Path("outputs/day/1"), [], result(0.5))
        made_run(Path("outputs/day/2"), [], KeyboardInterrupt())
        made_run(Path("outputs/day/3"), [], result(0.25))
        made_sweep(Path("multirun/day/a"), [("seed=1", result(0.2)), ("seed=2", ValueError("no"))])
        made_run(Path("mine/first"), [], result(0.1))
        Path(".hidden").mkdir()
        Path("file").write_text("")

    @pytest.mark.parametrize("command", ["predict", "evaluate", "evaluate outputs/day/1"])
    def test_complete_runs_the_newest_first(self, command: str) -> None:
        done = ["outputs/day/3", "outputs/day/1", "multirun/day/a/0"]
        assert offered(f"{command} ") == [*done, "mine/"]
        assert offered(f"{command} outputs/day/1") == ["outputs/day/1"]
        assert offered(f"{command} m") == ["multirun/day/a/0", "mine/"]
        assert offered(f"{command} mine/") == ["mine/first"]
        assert offered(f"{command} .") == [".hidden/"]
        assert offered(f"{command} nope") == []

    def test_comments(self) -> None:
        comments = [item.comment for item in complete(GROUP, ["predict"], "outputs/")]
        assert comments == ["MCC 0.250", "MCC 0.500"]

    def test_runs_to_go_on_with(self) -> None:
        assert offered("train --resume ") == ["outputs/day/2", "multirun/day/a/1", "mine/"]
        assert offered("train --resume=o") == ["--resume=outputs/day/2"]

    def test_runs_to_repeat(self) -> None:
        assert offered("train --rerun o") == [f"outputs/day/{number}" for number in (3, 2, 1)]
        assert offered("train --rerun outputs/day/2 optimizer.") == ["optimizer.lr="]
        assert offered("train --rerun outputs/day/2 mod") == []

    @pytest.mark.parametrize("command", ["sweep --resume", "runs"])
    def test_sweeps(self, command: str) -> None:
        assert offered(f"{command} ") == ["multirun/day/a", "mine/", "outputs/"]

    def test_elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(Path.cwd()))
        assert offered("predict ~/mine/") == ["~/mine/first"]
        assert offered(f"predict {Path.cwd()}/mi") == [f"{Path.cwd()}/mine/"]

    def test_files_of_another_program(self) -> None:
        for name, text in {"a": "[]", "b": "{", "c": '{"status": 1}'}.items():
            Path("outputs", name).mkdir()
            Path("outputs", name, "status.json").write_text(text)
            Path("outputs", name, "result.json").write_text(text)
        assert "outputs/day/1" in offered("predict ")
        assert "outputs/day/2" in offered("train --resume ")


class TestQuestions:
    """What bash, zsh and fish hand over, as seen in each."""

    @pytest.mark.parametrize(
        ("pieces", "words", "word", "answer"),
        [
            (["train", "mo"], ["train"], "mo", "X"),
            (["train", ""], ["train"], "", "X"),
            (["train", "model", "=", "b"], ["train"], "model=b", "ert"),
            (["train", "model", "="], ["train"], "model=", "ert"),
            (["train", "model", "=", ""], ["train", "model="], "", "X"),
            (["train", "--set", "=", "model", "=", "b"], ["train"], "--set=model=b", "ert"),
            (["train", "a", "=", "http", ":", "//b"], ["train"], "a=http://b", "ert"),
            (["train", "a", "=", "b", "c"], ["train", "a=b"], "c", "X"),
            (["train", "model=b"], ["train"], "model=b", "X"),
            (["train", "--set", "'model=b"], ["train", "--set"], "model=b", "X"),
            (["train", "--set", "model", "=", "'b"], ["train", "--set"], "model=b", "ert"),
            (["train", "model", "@", "en"], ["train"], "model@en", "@"),
            (["train", "model", "@"], ["train"], "model@", "@"),
            (["train", "model", "@", "en", "=", "b"], ["train"], "model@en=b", "ert"),
            (["train", "a", "=", "[b"], ["train"], "a=[b", "ert"),
            (["train", "x\\ y", "o"], ["train", "x y"], "o", "X"),
        ],
    )
    def test_bash(
        self, pieces: list[str], words: list[str], word: str, answer: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COMP_WORDS", "\n".join(["colactl", *pieces]))
        monkeypatch.setenv("COMP_CWORD", str(len(pieces)))
        whole = {"X": "X", "ert": f"{word[: word.rfind('=') + 1]}ert", "@": "model@encoder"}[answer]
        if ":" in word:
            whole = f"{word[: word.rfind(':') + 1]}ert"
        asked = []

        def found(before: list[str], typed: str) -> list[Item]:
            asked.append((before, typed))
            return [Item(whole)]

        assert shells.bash(found).text == {"@": "@encoder"}.get(answer, answer)  # type: ignore[arg-type]
        assert asked == [(words, word)]

    def test_bash_is_given_two_where_no_space_should_follow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COMP_WORDS", "colactl\ntrain\nx")
        monkeypatch.setenv("COMP_CWORD", "2")
        assert shells.bash(lambda *_: [Item("xy=")]).text == "xy=\nxy=..."
        assert shells.bash(lambda *_: [Item("xy.")]).text == "xy.\nxy...."
        assert shells.bash(lambda *_: [Item("a b"), Item("c*"), Item("$(d)")]).text == "a\\ b\n\\$\\(d\\)"

    @pytest.mark.parametrize(
        ("line", "words", "word"),
        [
            ("colactl train mo", ["train"], "mo"),
            ("colactl train ", ["train"], ""),
            ("colactl train --set 'model=b", ["train", "--set"], "model=b"),
            ("colactl train a\\ b c", ["train", "a b"], "c"),
        ],
    )
    def test_fish_and_zsh(self, line: str, words: list[str], word: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        asked = []

        def found(before: list[str], typed: str) -> list[Item]:
            asked.append((before, typed))
            return [Item("x", "of\n two")]

        assert shells.fish(found).text == "x\tof two"  # type: ignore[arg-type]
        assert "'x:of two'" in shells.zsh(found).text  # type: ignore[arg-type]
        assert asked == [(words, word)] * 2


def test_a_name_that_the_terminal_cannot_show(colactl: Callable[..., Completed]) -> None:
    made_run(Path("outputs/na\u00efve"), [], result(0.5))
    asked = {"_COLACTL_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "colactl predict ou"}
    done = colactl(**asked, PYTHONIOENCODING="ascii", _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert (done.stdout, done.stderr) == ("outputs/na\u00efve\tMCC 0.500", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_goes_wrong_is_not_told(
    shell: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS"):
        monkeypatch.delenv(name, raising=False)
    assert answer(GROUP, shell) == 1
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("COLACTL_TRACEBACK", "1")
    with pytest.raises(KeyError):
        answer(GROUP, shell)


def test_what_is_declared_is_offered() -> None:
    for path, key in declarations():
        if key.choices and path != "data.source":
            assert {item.text for item in values(path, Leaf())} == {*key.choices}
