"""What a search finds out before anything starts, and what it makes trials' configs from."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.errors import ConfigError
from colactl.sweeping.planning.jobs import plan
from colactl.sweeping.search.definition import Options, Search, checked
from colactl.sweeping.search.prepare import prepare


def search_of(*overrides: str, **options: object) -> Search:
    return prepare(Options(9, **options), overrides)[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["optimizer.lr=interval(-1,1)"], r"optimizer.lr=-1.0: optimizer.lr must be"),
        (
            ["optimizer.lr=interval(0.1,1)", "processing.batch_size=range(8,-1,-4)"],
            "batch_size=0: .* must be",
        ),
        (["model=bert,nope", "optimizer.lr=interval(0.1,1)"], "no option nope"),
        (["model=default,bert", "model.vocab_size=choice(20,x)"], "vocab_size"),
        (["nope=interval(0,1)"], "no group or key nope"),
        (["hydra.launcher.n_jobs=1,2", "seed=1,2"], "hydra.launcher.n_jobs"),
        (["seed=1,2", "hydra.sweep.subdir=${seed}"], "Leave hydra.sweep.subdir out"),
    ],
)
def test_a_value_that_is_not_valid(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        search_of(*overrides)
    assert re.search(said, str(caught.value))
    assert "Job 0" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "texts"),
    [
        (["model=default,bert,roberta", "optimizer.lr=interval(0.1,1)"], {"model": "bert", "optimizer.lr": "0.3"}),
        (["training.limit_train_batches=int(interval(1,9))", "logger=csv"], {"training.limit_train_batches": "4"}),
        (["+training.fast_dev_run=false,true"], {}),
        (["processing.batch_size=16,'32'", "experiment=cola_bert", "optimizer=glob(*)"], {}),
        (
            ["callbacks.early_stopping={monitor:valid/loss,patience:3},{monitor:valid/f1}"],
            {"callbacks.early_stopping": "{monitor:valid/f1}"},
        ),
    ],
)
def test_a_trial_is_what_hydra_composes_of_its_values(overrides: list[str], texts: dict[str, str]) -> None:
    search = search_of(*overrides)
    whole = {each.key: each.representatives()[-1] for each in search.space} | texts
    trial = checked(search.trial(7, whole))
    keys = [text.partition("=")[0] for text in overrides]
    typed = [f"{key}={whole[key]}" if key in whole else text for key, text in zip(keys, overrides, strict=True)]
    (job,) = plan(typed).jobs
    expected = job
    assert trial.config == expected.config
    assert (trial.config_hash, trial.choices) == (expected.config_hash, expected.choices)
    assert trial.resolved() == expected.resolved()
    assert sorted(trial.values, key=str) == sorted(expected.values, key=str)
    assert trial.overrides == expected.overrides
    assert (trial.index, trial.folder) == (7, "7")


def test_what_the_environment_says_later_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    search_of("optimizer.lr=interval(0.1,1)").write(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    trial = Search.read(tmp_path).trial(0, {"optimizer.lr": "0.5"})
    assert trial.resolved().logger.wandb.mode == "offline"
    assert trial.resolved().optimizer.lr == 0.5


def test_what_hangs_on_a_parameter_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_3", "0.3")
    monkeypatch.setenv("RATE_4", "0.4")
    search = search_of("seed=3,4", "optimizer.lr='${oc.decode:${oc.env:RATE_${seed}}}'", "data.seed='${seed}'")
    trials = [search.trial(0, {"seed": seed}) for seed in ("3", "4")]
    monkeypatch.setenv("RATE_3", "5")
    monkeypatch.setenv("RATE_4", "5")
    for trial, rate, seed in zip(trials, (0.3, 0.4), (3, 4), strict=True):
        assert (trial.resolved().optimizer.lr, trial.resolved().data.seed) == (rate, seed)


def test_a_search_reads_back_as_it_was_written(tmp_path: Path) -> None:
    search = search_of("model=bert,default", "optimizer.lr=interval(0.1,1)", "seed=5")
    search.write(tmp_path)
    assert json.loads(json.dumps(asdict(Search.read(tmp_path)))) == json.loads(json.dumps(asdict(search)))
    assert [base.chosen for base in search.bases] == [{"model": "bert"}, {"model": "default"}]
    assert (search.seed, search.epochs) == (5, 8)


def test_a_grid_bounds_the_trials() -> None:
    search = search_of("seed=1,2", sampler="grid")
    assert search.total == 2
    assert replace(search, options=Options(1, sampler="grid")).total == 1
    assert replace(search, options=Options(9)).total == 9


def test_values_that_do_not_go_together_are_found_when_they_are_drawn() -> None:
    search = search_of("processing.max_length=int(interval(8,64))", "model.max_positions=64,32")
    good = search.trial(0, {"processing.max_length": "32", "model.max_positions": "32"})
    assert OmegaConf.create(checked(good).config).processing.max_length == 32
    bad = search.trial(0, {"processing.max_length": "64", "model.max_positions": "32"})
    with pytest.raises(ConfigError, match="cannot be trained"):
        checked(bad)
