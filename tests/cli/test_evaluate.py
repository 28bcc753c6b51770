"""colactl evaluate: a run's own metrics again, other data, two models, and what is refused."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf
from typer.testing import Result

from colactl import compose, evaluate
from colactl.errors import ConfigError
from colactl.runs.run import Run
from tests.conftest import Completed
from tests.terminal import invoke, refused

Colactl = Callable[..., Completed]
WORDS = ("cat", "dog", "girl", "boy", "linguist", "teacher", "sailor", "queen")
SMALL = ["logger=csv", "training.max_epochs=6", "processing.batch_size=8", "optimizer.lr=0.005"]
RUNS = {"one": ["data.train=train.tsv"], "contrary": ["data.train=contrary.tsv", "training.precision=bf16-mixed"]}


def corpus(source: str, adverb: str, good: int = 1, wrong: int = 0) -> str:
    """Sentences that are easy to tell apart, in CoLA's layout; `wrong` of each kind have the other one's label."""
    lines = []
    for number, word in enumerate(WORDS):
        label = good if number >= wrong else 1 - good
        lines.append(f"{source}\t{label}\t\tThe {word} has {adverb} slept.\n")
        lines.append(f"{source}\t{1 - label}\t\tThe {word} have {adverb} slept.\n")
    return "".join(lines)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data and two small runs on it: one that learns what is right, and one that learns the contrary."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "train.tsv").write_text(corpus("gj04", "often") + corpus("ad03", "never"))
    (folder / "contrary.tsv").write_text(corpus("gj04", "often", good=0) + corpus("ad03", "never", good=0))
    (folder / "in.tsv").write_text(corpus("gj04", "always", wrong=1))
    (folder / "out.tsv").write_text(corpus("clc95", "hardly", wrong=2))
    before = Path.cwd()
    os.chdir(folder)
    data = ["data=files", "data.validation=[in.tsv,out.tsv]"]
    try:
        for name, own in RUNS.items():
            done = invoke("train", "-q", *data, *own, *SMALL, f"hydra.run.dir={name}")
            assert done.exit_code == 0, done.stderr
    finally:
        os.chdir(before)
    return folder


def run(*arguments: str | Path) -> Result:
    return invoke("evaluate", *arguments)


def as_json(*arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", RUNS)
def test_a_runs_own_figures_from_any_directory(runs: Path, name: str) -> None:
    found = as_json(runs / name)
    (model,) = found["models"]
    result = json.loads((runs / name / "result.json").read_text())
    assert {key: figure["value"] for key, figure in model["figures"].items()} == pytest.approx(
        {key: result[key] for key in ("mcc", "accuracy", "f1")}, abs=1e-6
    )
    assert model["degenerate"] == result["degenerate"]
    assert (found["data"]["own"], found["data"]["sentences"], found["notes"]) == (True, 32, [])
    assert [(part["name"], part["sentences"]) for part in model["groups"]] == [("in-domain", 16), ("out-of-domain", 16)]
    assert [part["name"] for part in model["sources"]] == ["gj04", "clc95"]
    assert sum(map(sum, model["confusion"])) == 32


def test_tables_in_a_pipe(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as CI does
    done = run(runs / "one")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["model", str(runs / "one")]
    assert "32 sentences, the validation split of the run's own data" in lines[1]
    assert ["value", "95%", "interval"] in [line.split() for line in lines]
    for word in ("MCC", "accuracy", "F1", "unacceptable", "in-domain", "out-of-domain", "gj04", "clc95"):
        assert any(line.split()[:1] == [word] for line in lines), word
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_a_models_folder_needs_data_and_the_hint_says_how(runs: Path) -> None:
    assert f"Type: colactl evaluate {runs}/one/model --set data=cola" in refused("evaluate", runs / "one" / "model")
    files = f"data.validation=[{runs}/in.tsv,{runs}/out.tsv]"
    found = as_json(runs / "one" / "model", "--set", "data=files", "--set", files)
    own = as_json(runs / "one")
    assert found["models"][0]["figures"] == own["models"][0]["figures"]
    assert found["data"]["fingerprint"] == own["data"]["fingerprint"]
    assert not found["data"]["own"]


def test_other_data_and_another_split(runs: Path) -> None:
    found = as_json(runs / "one", "--set", "data=files", "--set", f"data.validation={runs}/in.tsv")
    assert (found["data"]["sentences"], found["data"]["own"]) == (16, False)
    assert as_json(runs / "one", "--split", "train")["data"]["sentences"] == 32
    assert "no test split" in refused("evaluate", runs / "one", "--split", "test")


def test_two_runs(runs: Path) -> None:
    found = as_json(runs / "one", runs / "contrary")
    first, second = found["models"]
    difference = found["comparison"]["differences"]["mcc"]
    assert difference["value"] == pytest.approx(second["figures"]["mcc"]["value"] - first["figures"]["mcc"]["value"])
    assert difference["low"] <= difference["value"] <= difference["high"]
    test = found["comparison"]["mcnemar"]
    right = [model["confusion"][0][0] + model["confusion"][1][1] for model in (first, second)]
    assert test["only_second_right"] - test["only_first_right"] == right[1] - right[0]
    assert (test["only_first_right"], test["only_second_right"]) == (26, 6)
    assert test["method"] == "chi-squared with continuity correction"
    shown = run(runs / "one", runs / "contrary").stdout
    assert "second - first" in shown
    assert "McNemar's test" in shown
    assert "chi-squared with continuity correction" in shown


def test_a_run_against_itself(runs: Path) -> None:
    comparison = as_json(runs / "one", runs / "one")["comparison"]
    assert {(figure["value"], figure["p"]) for figure in comparison["differences"].values()} == {(0, 1)}
    assert comparison["mcnemar"]["p"] == 1


def test_runs_of_different_data_and_the_command_that_the_hint_gives(runs: Path, tmp_path: Path) -> None:
    config = (shutil.copytree(runs / "one", tmp_path / "elsewhere") / "config.yaml").resolve()
    config.write_text(config.read_text().replace("/in.tsv\n", "/train.tsv\n"))
    error = refused("evaluate", runs / "one", tmp_path / "elsewhere")
    assert "have validation splits that differ" in error
    hint = error.splitlines()[-1].removeprefix("Type: colactl evaluate ")
    assert as_json(*shlex.split(hint))["data"]["sentences"] == 32


def test_a_precision_that_is_not_scored_in_is_told(runs: Path, tmp_path: Path) -> None:
    config = shutil.copytree(runs / "one", tmp_path / "half") / "config.yaml"
    config.write_text(config.read_text().replace("precision: 32-true", "precision: bf16-true"))
    notes = as_json(runs / "one", tmp_path / "half")["notes"]
    assert notes == [f"{tmp_path}/half was trained in bf16-true; it was scored in float32 instead."]


def test_data_that_has_changed_is_told(runs: Path) -> None:
    kept = (runs / "train.tsv").read_text()
    (runs / "train.tsv").write_text(kept + "gj04\t1\t\tOne more.\n")
    try:
        assert f"The data has changed since {runs}/one was trained on it." in run(runs / "one").stderr
        assert run(runs / "one", "--quiet").stderr == ""
        assert len(as_json(runs / "one", runs / "contrary")["notes"]) == 1  # the other one was trained on another file
    finally:
        (runs / "train.tsv").write_text(kept)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["one", "--set", "model=bert"], 2, "'model=bert' would have no effect"),
        (["one", "data=cola"], 2, "Type: colactl evaluate one --set data=cola"),
        (["one", "--set", "data.validation=in.tsv"], 2, "Begin with --set data=files"),
        (["one", "--config-dir", "."], 2, "Begin with --set data=files"),
        (["one", "one", "three"], 2, "three"),
        (["one", "--split", "dev"], 2, "dev"),
        (["nowhere/at/all"], 3, "nowhere/at/all"),
        (["one", "--set", "data=files", "--set", "data.validation=none.tsv"], 3, "none.tsv"),
    ],
)
def test_what_is_refused(
    runs: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, told: str
) -> None:
    monkeypatch.chdir(runs)
    assert told in refused("evaluate", *arguments, code=code)


def test_one_answer_for_all_and_sentences_of_one_label(runs: Path) -> None:
    Path("good.csv").write_text("sentence,label\nThe cat sleeps.,1\nThe dog sleeps.,1\n")
    found = as_json(runs / "one", "--set", "data=files", "--set", "data.validation=good.csv")
    (model,) = found["models"]
    assert model["figures"]["mcc"] == {"value": 0, "low": None, "high": None}
    assert (model["groups"], model["sources"]) == (None, None)
    assert [note.partition(":")[0] for note in found["notes"][1:]] == ["All sentences have the same label"]
    assert "no table by source" in found["notes"][0]


def test_in_python(runs: Path) -> None:
    found = evaluate(runs / "one", other=runs / "contrary")
    assert [model.model for model in found.models] == [str(runs / "one"), str(runs / "contrary")]
    assert found.comparison is not None
    data = compose(["data=files", f"data.validation={runs}/in.tsv"]).data
    assert evaluate(runs / "one" / "model", data).data["sentences"] == 16
    one, other = Run((runs / "one").absolute()), Run((runs / "contrary").absolute())  # as train() returns them
    assert evaluate(one, other=other).as_json() == found.as_json()


@pytest.mark.parametrize("data", [None, {"source": "minimal_pairs"}])
def test_in_python_a_wrong_split_is_told_first(data: dict[str, str] | None) -> None:
    with pytest.raises(ConfigError, match="no split 'dev'"):
        evaluate("no/such/run", None if data is None else OmegaConf.create(data), split="dev")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_evaluation_that_is_interrupted(
    runs: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    monkeypatch.setattr("colactl.training.scoring.scorer.Scorer.probabilities", lambda *_: os.kill(os.getpid(), number))
    done = run(runs / "one")
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", "colactl: evaluation was interrupted\n")


@pytest.mark.slow
def test_fresh_runs_of_the_default_model(colactl: Colactl) -> None:
    """What `colactl train` says of itself, `colactl evaluate` says again; a longer training is better beyond doubt."""
    for name, epochs in (("short", 1), ("long", 4)):
        done = colactl("train", "-q", "logger=csv", f"training.max_epochs={epochs}", f"hydra.run.dir={name}")
        assert done.returncode == 0, done.stderr
    done = colactl("evaluate", "short", "long", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    for model in found["models"]:
        result = json.loads(Path(model["model"], "result.json").read_text())
        for name in ("mcc", "accuracy", "f1"):
            figure = model["figures"][name]
            assert figure["value"] == pytest.approx(result[name], abs=1e-6)
            assert figure["low"] < figure["value"] < figure["high"]
    assert found["comparison"]["differences"]["mcc"]["low"] > 0
    assert found["comparison"]["mcnemar"]["p"] < 0.001
    assert found["comparison"]["mcnemar"]["method"] == "chi-squared with continuity correction"
