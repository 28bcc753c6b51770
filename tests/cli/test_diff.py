"""colactl diff and show-config --diff, through Typer's runner; on a terminal and a full disk in real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from colactl.composition.compose import compose
from colactl.composition.validate import validate
from colactl.runs.create import create, write_hydra_files
from tests.made_sweeps import made_sweep, result
from tests.terminal import invoke, on_terminal, plain, refused

THREE = ["model=bert", "training.max_epochs=3", "seed=1"]


def a_run(folder: Path, *overrides: str) -> Path:
    """What a run records before it trains."""
    composed = compose(overrides)
    made = create(folder)
    write_hydra_files(made.folder, validate(composed.config), composed.whole, list(overrides))
    return folder


def compared(*arguments: str | Path) -> dict[str, dict[str, object]]:
    done = invoke("diff", "--json", *arguments)
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    assert done.exit_code == bool(found)
    return found


def test_a_line_for_each_difference_group_by_group() -> None:
    done = invoke(
        "diff", "", "experiment=cola_bert data=default logger=csv +training.profiler=simple ~optimizer.eps seed=1"
    )
    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (1, "")
    assert lines[0] == "@ experiment: null -> cola_bert"
    assert lines[lines.index("@ model: default -> bert") + 1] == "~ model.name: null -> google-bert/bert-base-uncased"
    for line in (
        "- model.vocab_size: 1500",
        "~ training.max_epochs: 8 -> 3",
        "+ training.profiler: simple",
        "~ optimizer.betas: [0.9, 0.95] -> [0.9, 0.999]",
        "~ seed: 0 -> 1",
    ):
        assert line in lines
    groups = [line.split()[1].partition(".")[0].rstrip(":") for line in lines]
    assert groups == sorted(groups, key=groups.index)  # one after the other


def test_json_has_both_values_and_no_entry_for_a_side_that_lacks_the_key() -> None:
    found = compared("", "data=cola +training.profiler=null optimizer.lr=1")
    assert found["hydra.runtime.choices.data"] == {"a": "default", "b": "cola"}
    assert found["data.seed"] == {"a": 0}
    assert found["training.profiler"] == {"b": None}
    assert found["optimizer.lr"] == {"a": "auto", "b": 1}


@pytest.mark.parametrize("pair", [("", ""), ("model=bert seed=1", "seed=1 model=bert"), ("", "training.max_epochs=8")])
def test_equal_configs_are_0_and_nothing_on_stdout(pair: tuple[str, str]) -> None:
    done = invoke("diff", *pair)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No value differs.\n")
    assert invoke("diff", "--quiet", *pair).output == ""
    assert compared(*pair) == {}


def test_equal_configs_of_other_options_are_equal() -> None:
    same = "training.max_epochs=1 training.limit_train_batches=2 training.log_every_n_steps=1"
    assert compared("training=debug", same) == {}


def test_overrides_are_split_as_a_shell_splits_them() -> None:
    found = compared("", "seed=1  'logger.wandb.name=\"two words\"'")
    assert found["logger.wandb.name"] == {"a": None, "b": "two words"}


def test_a_run_stands_for_what_it_was_composed_to(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "run", *THREE)
    assert compared(folder, " ".join(THREE)) == {}
    assert compared(folder, "model=bert training.max_epochs=3") == {"seed": {"a": 1, "b": 0}}
    (folder / "config.yaml").write_text("seed: 5\n")  # as it trained, with what auto came to
    assert compared(folder, folder) == {}
    assert "hydra.runtime.choices.model" in compared("", folder)


def test_a_run_without_hydras_folder_stands_for_its_config(tmp_path: Path) -> None:
    folder = create(tmp_path / "run").folder
    (folder / "config.yaml").write_text("seed: 5\n")
    assert compared(folder, folder / "config.yaml") == {}


def test_a_sweeps_job_and_not_the_sweep(tmp_path: Path) -> None:
    sweep = made_sweep(tmp_path / "sweep", [("seed=1", result(0.1)), ("seed=2", result(0.2))])
    assert compared(sweep / "0", sweep / "1") == {"seed": {"a": 1, "b": 2}}
    done = invoke("diff", sweep, "")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{sweep} is a sweep" in done.stderr
    assert f"such as {sweep / '0'}" in done.stderr


def test_what_show_config_wrote_is_the_config(tmp_path: Path) -> None:
    file = tmp_path / "saved.yml"
    file.write_text(invoke("show-config", *THREE).stdout)
    assert compared(file, " ".join(THREE)) == {}
    assert compared("--resolve", file, " ".join(THREE)) == {}


def test_a_pipe_which_can_be_read_but_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"  # as the shell's <(...) is one
    os.mkfifo(pipe)
    (tmp_path / "seed.yaml").write_text("seed: 2\n")
    writer = threading.Thread(target=pipe.write_text, args=("seed: 1\n",), daemon=True)
    writer.start()
    assert compared(pipe, tmp_path / "seed.yaml") == {"seed": {"a": 1, "b": 2}}
    writer.join()


def test_resolve_fills_in_interpolations(tmp_path: Path) -> None:
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    a.write_text("x: 1\ny: ${x}\n")
    b.write_text("x: 1\ny: 1\n")
    assert compared(a, b) == {"y": {"a": "${x}", "b": 1}}
    assert compared(a, b, "--resolve") == {}
    a.write_text("y: ${nope}\n")
    assert invoke("diff", a, b).exit_code == 1
    assert invoke("diff", a, b, "--resolve").exit_code == 2


def test_values_as_yaml_tells_them_apart_and_without_escape_bytes(tmp_path: Path) -> None:
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    a.write_text('int: 1\ntext: "1"\nfloat: 1.0\nexp: "1e5"\nescape: "\\e[31m"\nlines: "a\\nb"\nbytes: !!binary aGk=\n')
    b.write_text("int: 1.0\ntext: 1\nfloat: true\nexp: 1e5\nescape: ü\nlines: {k: [1]}\n")
    assert invoke("diff", a, b).stdout.splitlines() == [
        "~ int: 1 -> 1.0",
        "~ text: '1' -> 1",
        "~ float: 1.0 -> true",
        "~ exp: '1e5' -> 100000.0",
        '~ escape: "\\e[31m" -> ü',
        '~ lines: "a\\nb" -> {k: [1]}',
        """- bytes: "b'hi'\"""",
    ]
    assert compared(a, b)["bytes"] == {"a": "b'hi'"}


def test_the_users_folders_and_primary_configs(tutorial: Path) -> None:
    found = compared("--config-dir", tutorial, "", "database=AmazonDB")
    assert found["database.driver"] == {"a": "mongo", "b": "dynamo"}
    assert found["database.url"] == {"a": "${database.driver}://localhost"}
    (tutorial / "mine.yaml").write_text("defaults:\n  - config\n  - _self_\nseed: 9\n")
    assert compared("--config-dir", tutorial, "--config-name", "mine", "", "seed=8") == {"seed": {"a": 9, "b": 8}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nope", "'nope' is no folder, no file and no override"),
        ("outputs/nope", "no folder"),
        ("nope.yaml", "no file"),
        ("seed='1", "cannot be split"),
        ("seed=1 nope", "nope: a value is missing"),
        ("model=brt", "model=bert"),
        ("training.max_epochs=x", "training.max_epochs must be an integer"),
        (".", "is no run's folder"),
        ("broken.yaml", "is not YAML"),
        ("list.yaml", "holds no mapping"),
        ("a" * 5000, "no file"),
    ],
)
def test_what_is_no_config_is_2(text: str, said: str) -> None:
    Path("broken.yaml").write_text("a: [")
    Path("list.yaml").write_text("- 1\n")
    for arguments in ((text, ""), ("", text)):
        assert said in refused("diff", *arguments)


@pytest.mark.parametrize(
    "arguments", [["diff", ""], ["diff"], ["diff", "", "", ""], ["diff", "--nope", "", ""]], ids=" ".join
)
def test_two_are_compared(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_very_secret")
    Path("literal.yaml").write_text("db:\n  password: sesame-open\n")
    Path("borrowed.yaml").write_text("db:\n  user: hf_very_secret\n")
    Path("looked_up.yaml").write_text("db:\n  user: ${oc.env:HF_TOKEN}\n")
    for side in ("literal.yaml", "borrowed.yaml", "looked_up.yaml", "logger.wandb.name=hf_very_secret"):
        done = invoke("diff", "--resolve", "--json", side, "")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "sesame-open" not in done.stderr
        assert "hf_very_secret" not in done.stderr


def test_a_terminal_has_the_same_lines_in_colour() -> None:
    words = ("diff", "", "model=bert seed=1 +training.profiler=simple")
    code, shown = on_terminal(*words)
    assert code == 1
    assert [line.rstrip() for line in plain(shown).splitlines()] == invoke(*words).stdout.splitlines()
    for colour in (b"\x1b[31m", b"\x1b[32m", b"\x1b[33m"):
        assert colour in shown


def test_stdout_that_cannot_be_written_is_trouble_and_no_difference() -> None:
    shell = f"{sys.executable} -m colactl diff '' seed=1 > /dev/full"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "colactl: stdout cannot be written: No space left on device.\n")
