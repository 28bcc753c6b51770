"""The tab key, in real shells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.made_sweeps import made_run, made_sweep, result
from tests.shells import Shell, install, require

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell in a folder with runs, a sweep and configs, at a home in which colactl's completion is installed."""
    require(request.param)
    home = install(request.param, tmp_path_factory.mktemp(request.param))
    work = home / "work"
    made_run(work / "outputs/day/1", [], result(0.5))
    made_run(work / "outputs/day/2", [], KeyboardInterrupt())
    made_run(work / "outputs/day/3", [], result(0.25))
    made_sweep(work / "multirun/day/a", [("seed=1", result(0.2))])
    (work / "with space").mkdir()
    for place in (work / "my_configs", home / "home_configs"):
        (place / "database").mkdir(parents=True)
        (place / "database" / "mongo.yaml").write_text("driver: mongo\nurl: x\n")
        (place / "mine.yaml").write_text("defaults:\n  - database: mongo\n  - model@encoder: bert\n")
    with Shell(request.param, home, work) as started:
        yield started


def test_the_very_first_time(shell: Shell) -> None:
    assert shell.complete("colactl sh") == "colactl show-config "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sw", "sweep "),
        ("--vers", "--version "),
        ("train --rer", "--rerun "),
        ("train mo", "model"),
        ("train model=", "model="),
        ("train model=bert_", "model=bert_tiny "),
        ("train --set model=bert_", "model=bert_tiny "),
        ("train --set=model=bert_", "--set=model=bert_tiny "),
        ("train --set 'model=bert_", "'model=bert_tiny' "),
        ("train model.na", "model.name="),
        ("train data=cola data.col", "data.columns."),
        ("train data=cola data.columns.la", "data.columns.label="),
        ("train data=cola data.columns.label=", "data.columns.label=label "),
        ("train training.deterministic=t", "training.deterministic=true "),
        ("train training.max_", "training.max_"),
        ("train --set callbacks.checkpoint.monitor=valid/m", "callbacks.checkpoint.monitor=valid/mcc "),
        ("sweep model=bert,rob", "model=bert,roberta "),
        ("sweep hydra/la", "hydra/launcher="),
        ("sweep hydra/launcher=jo", "hydra/launcher=joblib "),
        ("sweep hydra/launcher=joblib hydra.launcher.n", "hydra.launcher.n_jobs="),
        ("train ++see", "++seed="),
        ("train +training.min_e", "+training.min_epochs="),
        ("train '~see", "'~seed' "),
        ("evaluate outputs/day/1 --set dat", "data"),
        ("train --config-dir my_configs database=m", "database=mongo "),
        ("train --config-dir ~/home_configs database=m", "database=mongo "),
        ("train --config-dir $HOME/home_configs --config-name mi", "mine "),
        ("train --config-dir my_configs --config-name mine database.dr", "database.driver="),
        ("train --config-dir my_configs --config-name mine model@", "model@encoder="),
        ("train --config-dir my_configs --config-name mine model@en", "model@encoder="),
        ("train --config-dir my_configs --config-name mine model@encoder=rob", "model@encoder=roberta "),
        ("train --resume out", "outputs/day/2 "),
        ("train --rerun out", "outputs/day/"),
        ("predict outputs/day/3", "outputs/day/3 "),
        ("predict mu", "multirun/day/a/0 "),
        ("sweep --resume mu", "multirun/day/a "),
        ("runs mu", "multirun/day/a "),
        ("predict --input my_c", "my_configs/"),
        ("train data=files data.train=my_c", "data.train=my_configs/"),
        ("train --config-dir my_configs/no mo", "model"),
        ("train nothing_like_it", "nothing_like_it"),
    ],
)
def test_a_line(shell: Shell, line: str, expected: str) -> None:
    before, _, _ = line.rpartition(" ")
    assert shell.complete(f"colactl {line}") == " ".join(filter(None, ("colactl", before, expected)))
    assert "Traceback" not in shell.screen
    assert "rror" not in shell.screen


@pytest.mark.parametrize("program", ["../bin/colactl", "~/bin/colactl"])
def test_a_program_that_is_not_on_the_path(shell: Shell, program: str) -> None:
    with Shell(shell.name, shell.home, shell.home / "work", on_path=False) as other:
        if shell.name == "fish":  # by itself it loads the file only for a program on the PATH
            other.see("source ~/.config/fish/completions/colactl.fish\r")
        assert other.complete(f"{program} train model=bert_") == f"{program} train model=bert_tiny "
        assert other.complete(f"{program} train model.na") == f"{program} train model.name="


def test_a_space_in_a_name(shell: Shell) -> None:
    assert shell.complete("colactl predict wit").startswith("colactl predict with\\ space/")


def test_the_newest_run_comes_first(shell: Shell) -> None:
    line = shell.complete("colactl predict outputs/day/", tabs=2)
    if shell.name == "bash":  # the others choose the first by now
        assert shell.screen.index("outputs/day/3") < shell.screen.index("outputs/day/1")
    else:
        assert line == "colactl predict outputs/day/3 "


def test_where_equals_breaks_no_word(shell: Shell) -> None:
    if shell.name == "bash":  # the others never do
        shell.see("usual=$COMP_WORDBREAKS COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]}\r")
    assert shell.complete("colactl train model=bert_") == "colactl train model=bert_tiny "
    assert shell.complete("colactl train model.na") == "colactl train model.name="
    if shell.name == "bash":
        shell.see("COMP_WORDBREAKS=$usual\r")
