"""What overrides come to as a search's space."""

from __future__ import annotations

from pathlib import Path

import pytest

from colactl.errors import ConfigError
from colactl.sweeping.search.definition import Options
from colactl.sweeping.search.prepare import check
from colactl.sweeping.search.space import Choice, Numbers, grid_size, read_parameter, read_space


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("a=1,2", Choice("a", ("1", "2"))),
        ("a=choice(16,32,16)", Choice("a", ("16", "32"))),
        ("+a.b=null,'x y',[1,2]", Choice("+a.b", ("null", "'x y'", "[1,2]"))),
        ("model=choice(bert,roberta)", Choice("model", ("bert", "roberta"))),
        ("optimizer=glob(adam*)", Choice("optimizer", ("adamw",))),
        ("a=range(1,4)", Numbers("a", 1, 3, 1)),
        ("a=range(10,1,-4)", Numbers("a", 2, 10, 4)),
        ("a=range(0.1,0.5,0.1)", Numbers("a", 0.1, 0.4, 0.1)),
        ("a=interval(1,8)", Numbers("a", 1.0, 8.0)),
        ("a=tag(log,interval(1e-5,1e-3))", Numbers("a", 1e-5, 1e-3, log=True)),
        ("a=int(interval(1,8))", Numbers("a", 1, 8, 1)),
        ("a=tag(log,int(interval(1,64)))", Numbers("a", 1, 64, 1, log=True)),
    ],
)
def test_a_parameter(override: str, expected: Choice | Numbers) -> None:
    (found,) = read_space(["seed=3", override])
    assert found == expected
    stored = dict(vars(found))
    assert read_parameter(stored) == expected
    assert all(type(stored[key]) is type(value) for key, value in vars(expected).items())  # 1 is no float


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["seed=1"], "nothing to search"),
        (["a=interval(2,1)"], "above its end"),
        (["a=tag(log,interval(0,1))"], "above 0"),
        (["a=tag(log,range(1,9))"], "even steps"),
        (["a=range(3,1)"], "no values"),
        (["a=1,2", "a=3"], "given twice"),
        (["+a=1,2", "++a=interval(1,3)"], "given twice"),
        (["~a=1,2"], "takes a key away"),
        (["a=interval(1"], "grammar"),
    ],
)
def test_what_cannot_be_searched(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_space(overrides)


def test_a_glob_sees_the_users_options(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "bert_mine.yaml").write_text("name: mine\n")
    (found,) = read_space(["model=glob(bert*)"], [tmp_path])
    assert found.representatives() == ("bert", "bert_mine", "bert_tiny")


@pytest.mark.parametrize(
    ("options", "overrides", "said"),
    [
        (Options(3, objective="f2"), ["a=1,2"], "No run has a metric 'f2'"),
        (Options(3, objective="seconds", pruner="median"), ["a=1,2"], "while it trains"),
        (Options(3, sampler="grid"), ["a=1,2", "b=interval(0,1)"], "b is an interval"),
        (Options(3, sampler="cmaes"), ["a=1,2", "model=bert,roberta"], "all are choices"),
    ],
)
def test_ways_that_do_not_go_together(options: Options, overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check(options, read_space(overrides))


def test_a_grid() -> None:
    space = read_space(["a=1,2", "b=range(0.1,0.5,0.1)", "c=tag(log,int(interval(1,3)))"])
    assert [each.grid() for each in space] == [["1", "2"], [0.1, 0.2, 0.3, 0.4], [1, 2, 3]]
    assert grid_size(space) == 24


def test_less_is_better_of_losses_and_seconds() -> None:
    assert [Options(1, each).direction for each in ("mcc", "loss", "seconds")] == ["maximize", "minimize", "minimize"]
