"""colactl show-config: YAML and JSON, parts, --diff, and --origin beside the YAML and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from colactl.composition.compose import compose
from colactl.composition.origins import leaves
from colactl.schema.config_files import config_dir
from tests.terminal import invoke, on_terminal, plain, refused


def show(*arguments: str | Path) -> str:
    done = invoke("show-config", *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def origin(*arguments: str | Path) -> str:
    return show("--origin", *arguments)


def test_show_config_is_byte_for_byte_what_omegaconf_writes() -> None:
    assert show("--set", "model=bert") == OmegaConf.to_yaml(compose(["model=bert"]).config)


def test_show_config_resolves() -> None:
    shown = yaml.safe_load(show("--set", "model=bert", "--resolve"))
    assert shown["training"]["limit_val_batches"] == shown["training"]["limit_train_batches"] == 1.0
    assert shown["model"]["tokenizer"] == "google-bert/bert-base-uncased"


@pytest.mark.parametrize(
    ("package", "text"),
    [("processing", "batch_size: 64\nmax_length: 64\n"), ("training.max_epochs", "8\n"), ("model.name", "null\n")],
)
def test_show_config_shows_a_part(package: str, text: str) -> None:
    assert show("--package", package) == text


def test_show_config_has_no_such_part() -> None:
    assert "'nope'" in refused("show-config", "--package", "nope")


def test_show_config_as_json() -> None:
    assert json.loads(show("--json")) == OmegaConf.to_container(compose().config)


def test_set_applies_after_plain_overrides() -> None:
    assert show("--set", "seed=2", "seed=1", "-p", "seed") == "2\n"


def test_show_config_refuses_what_cannot_be_trained() -> None:
    error = refused("show-config", "processing.batch_size=0", "training.max_epochs=x")
    assert "1. processing.batch_size" in error
    assert "2. training.max_epochs" in error


def test_the_tutorials_own_tree(tutorial: Path) -> None:
    shown = yaml.safe_load(show("--config-dir", tutorial, "--resolve"))
    assert shown["database"] == {"driver": "mongo", "url": "mongo://localhost"}
    assert "data" not in shown
    assert "database=AmazonDB" in invoke("list-groups", "--config-dir", tutorial).stdout.splitlines()
    (tutorial / "config.yaml").write_text("defaults:\n  - model: default\n  - database: AmazonDB\n")
    assert yaml.safe_load(show("--config-dir", tutorial))["database"] == {"driver": "dynamo"}
    assert "lacks data, processing" in refused("train", "--config-dir", tutorial)


def test_a_terminal_gets_colours() -> None:
    _, shown = on_terminal("show-config")
    assert b"\x1b" in shown
    assert "batch_size" in plain(shown)


def test_show_config_diff_is_what_the_overrides_change() -> None:
    done = invoke("show-config", "--diff", "--set", "model=bert", "training.max_epochs=3")
    assert (done.exit_code, done.stdout) == (0, invoke("diff", "", "model=bert training.max_epochs=3").stdout)
    assert json.loads(show("--diff", "--json", "seed=1")) == {"seed": {"a": 0, "b": 1}}
    assert invoke("show-config", "--diff", "--quiet").output == ""
    assert "--package" in invoke("show-config", "--diff", "--package", "model").stderr


def test_show_config_diff_of_a_config_that_lacks_what_the_overrides_give() -> None:
    Path("mine").mkdir()
    Path("mine/mine.yaml").write_text("defaults:\n  - config\n  - override data: files\n  - _self_\n")
    arguments = ("show-config", "--config-dir", "mine", "--config-name", "mine", "--diff")
    done = invoke(*arguments, "data.train=a.tsv", "data.validation=b.tsv")
    assert done.stdout == "~ data.train: ??? -> a.tsv\n~ data.validation: ??? -> b.tsv\n"
    assert invoke(*arguments, "data.train=a.tsv").exit_code == 2


RUNS = [
    [],
    ["model=bert", "training=debug", "--resolve"],
    ["experiment=cola_bert", "logger.wandb=null", "+mine.x={a: [], b: {}, c: [1, [2, {d: 3}]]}"],
    ["-p", "optimizer.betas"],
    ["model=bert", "-p", "model.name"],
    ["model=bert", "-p", "model.tokenizer"],
]


@pytest.mark.parametrize("arguments", RUNS, ids=" ".join)
def test_without_its_comments_it_is_the_plain_config(arguments: list[str]) -> None:
    lines = origin(*arguments).splitlines()
    kept = [re.sub(r"  +# .*$", "", line) for line in lines if not line.startswith("#")]
    plain = show(*arguments)
    assert kept == plain.splitlines()
    assert yaml.safe_load("\n".join(lines)) == yaml.safe_load(plain)


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["experiment=cola_bert", "training.max_epochs=4", "logger.wandb=null", "optimizer.eps=1e-6"],
            [
                r"  name: google-bert/bert-base-uncased +# model/bert.yaml:2",
                r"  max_epochs: 4 +# training.max_epochs=4, was 3 in experiment/cola_bert.yaml:\d+",
                r"  betas: +# experiment/cola_bert.yaml:\d+, was \[0.9, 0.95\] in optimizer/adamw.yaml:5",
                r".*{.limit_train_batches} +# training/default.yaml:\d+ -> training.limit_train_batches = 1.0",
                r'  wandb: null +# logger.wandb=null, was {"project": "colactl", .*\.\.\. in logger/default.*',
            ],
        ),
        (
            ["experiment=cola_bert", "training=debug"],
            [
                r"model: +# chosen by experiment/cola_bert.yaml:4",
                r"training: +# chosen by training=debug",
                r"processing:",
            ],
        ),
        (  # resolved, it still says what was pointed at
            ["--resolve"],
            [
                r".*limit_val_batches: 1.0 +# training/default.yaml:\d+: \${.limit_train_batches} -> training.li.*",
                r".*mode: offline +# logger/default.yaml:\d+: \${oc.env:WANDB_MODE,offline} -> offline",
            ],
        ),
    ],
)
def test_what_the_comments_say(arguments: list[str], lines: list[str]) -> None:
    text = origin(*arguments)
    assert [line for line in lines if not re.search(f"^{line}$", text, re.MULTILINE)] == []


def test_a_part_does_not_say_who_chose_it() -> None:
    assert "chosen" not in origin("experiment=cola_bert", "-p", "model")


def test_the_comments_stand_in_one_column_where_lines_are_short() -> None:
    lines = origin(f"+mine.x={'y' * 100}").splitlines()
    assert (
        len({line.index("  # ") for line in lines if "  # " in line and len(line.partition("  # ")[0].rstrip()) < 46})
        == 1
    )
    assert next(line for line in lines if "yyyy" in line).count("  # ") == 1


def test_a_value_that_takes_several_lines_stays_one(tmp_path: Path) -> None:
    long = " ".join(["word"] * 60)
    quoted = " ".join(["it's: #"] * 30)
    (tmp_path / "main.yaml").write_text(
        f'a: {long}\nb: "{quoted}"\nc:\n  - {long}\nf: !!binary aGVsbG8=\nd: "two\\nlines"\n? {"k" * 150}\n: 1\n'
    )
    arguments = ["--config-dir", tmp_path, "--config-name", "main"]
    text = origin(*arguments)
    assert yaml.safe_load(text) == yaml.safe_load(show(*arguments))
    assert re.findall(r"# \S*main.yaml:(\d+)$", text, re.M) == ["1", "2", "3", "5", "6", "7"]
    list_alone = origin(*arguments, "-p", "c")
    assert yaml.safe_load(list_alone) == [long]
    assert list_alone.startswith("# ")


def test_files_of_the_users_are_told_from_shipped_ones(tmp_path: Path) -> None:
    for folder in (Path("my_configs"), Path(), tmp_path):
        (folder / "processing").mkdir(parents=True)
        (folder / "processing" / "default.yaml").write_text("batch_size: 3\nmax_length: 32\n")
    for folder, name in (("my_configs", "my_configs"), (".", "."), (tmp_path, tmp_path)):
        text = origin("--config-dir", folder, "-p", "processing")
        assert text.splitlines()[0] == f"batch_size: 3   # {name}/processing/default.yaml:1"
    assert origin("-p", "processing").splitlines()[0] == "batch_size: 64  # processing/default.yaml:2"


def test_a_part_whose_key_has_a_dot_in_brackets(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/main.yaml").write_text("k:\n  a.b: ${d}\nd:\n  x: 1\n")
    text = origin("--config-dir", tmp_path / "mine", "--config-name", "main", "-p", "k[a.b].x")
    assert re.fullmatch(r"1  # .*mine/main.yaml:4\n", text)


def test_keys_that_an_option_leaves_out_have_the_schemas_defaults(tmp_path: Path) -> None:
    (tmp_path / "processing").mkdir()
    (tmp_path / "processing" / "mine.yaml").write_text("batch_size: '3'\n")
    text = origin("--config-dir", tmp_path, "processing=mine", "-p", "processing")
    assert re.fullmatch(r"batch_size: '3' +# .*/mine.yaml:1\nmax_length: \d+ +# the schema's default\n", text)
    found = json.loads(origin("--config-dir", tmp_path, "processing=mine", "-p", "processing", "--json"))
    assert found["processing.max_length"] == {
        "value": found["processing.max_length"]["value"],
        "origin": {"kind": "schema"},
        "replaced": None,
    }


def test_json() -> None:
    found = json.loads(origin("training.max_epochs=4", "model=bert", "--json"))
    assert found["training.max_epochs"] == {
        "value": 4,
        "origin": {"kind": "override", "override": "training.max_epochs=4"},
        "replaced": {
            "value": 8,
            "origin": {"kind": "file", "file": str(config_dir() / "training" / "default.yaml"), "line": 2},
        },
    }
    assert found["model.tokenizer"] == {
        "value": "${.name}",
        "origin": {
            "kind": "file",
            "file": str(config_dir() / "model" / "bert.yaml"),
            "line": 3,
            "chosen_by": {"kind": "override", "override": "model=bert"},
        },
        "replaced": None,
        "target": {"interpolation": "${.name}", "keys": ["model.name"], "value": "google-bert/bert-base-uncased"},
    }
    assert {key: leaf["value"] for key, leaf in found.items()} == {
        ".".join(place): value
        for place, value in leaves(compose(["training.max_epochs=4", "model=bert"]).config).items()
    }
    resolved = json.loads(origin("model=bert", "--json", "--resolve"))
    assert resolved["model.tokenizer"]["value"] == "google-bert/bert-base-uncased"


def test_an_interpolation_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text("a: ${nope}\n")
    arguments = ["--origin", "--config-dir", str(tmp_path), "--config-name", "main"]
    assert re.fullmatch(r"a: \$\{nope\}  # \S+:1 -> nope: .*'nope' not found\n", show(*arguments))
    assert invoke("show-config", *arguments, "--resolve").exit_code == 2


def test_a_comment_is_one_printable_line(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text("a: 1\nb: é 日本\n")
    text = origin("--config-dir", tmp_path, "--config-name", "main", "a='x\n\x1b[1my'", "b='日'")
    assert yaml.safe_load(text) == {"a": "x\n\x1b[1my", "b": "日"}
    assert "# a='x\\n\\x1b[1my', was 1 in" in text
    assert "# b='日', was \"é 日本\" in" in text


def test_faults_are_told_as_without_it() -> None:
    assert "modle" in refused("show-config", "--origin", "processing.batch_size=0", "modle=x")


def test_on_a_terminal_the_comments_are_dim() -> None:
    code, written = on_terminal("show-config", "--origin", "-p", "processing")
    assert code == 0
    assert re.search(rb"\x1b\[2(;\d+)*m# processing/default.yaml:2", written)
