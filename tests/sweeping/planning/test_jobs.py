"""A sweep is planned as if each of its jobs had been composed and validated on its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra.types import RunMode
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf, open_dict
from typer.testing import CliRunner, Result

from colactl.cli.app import app
from colactl.composition.compose import Composed, compose_in, config_hash
from colactl.composition.hydra_port import VERSION_BASE
from colactl.composition.session import hydra_session, without_hydra
from colactl.composition.validate import validate
from colactl.errors import ConfigError
from colactl.schema.config_files import config_dir
from colactl.sweeping.engines.launchers import threads_for
from colactl.sweeping.planned import PlannedJob
from colactl.sweeping.planning.bases import Bases
from colactl.sweeping.planning.containers import find_interpolations
from colactl.sweeping.planning.expansion import expand
from colactl.sweeping.planning.folders import inside_sweep, refuse_shared
from colactl.sweeping.planning.jobs import RefusedJobs, plan

CONFIG = """
defaults:
  - model: default
  - data: default
  - processing: default
  - training: default
  - optimizer: adamw
  - logger: default
  - callbacks: default
  - size: small
  - extra: ${size}
  - _self_
  - experiment: null
seed: 0
alias: ${optimizer}
processing: {batch_size: "${database.port}"}
training: {max_steps: "${oc.decode:'${database.port}'}"}
database:
  driver: mongo
  port: 8
  db_password: null
  url: ${database.driver}://${.port}
  by: {mongo: 5, sql: "${seed}"}
  chosen: ${database.by.${database.driver}}
  several: [1, "${seed}", "${alias.lr}"]
"""
SIZES = {"small": "max_length: 8\n", "large": "max_length: 16\nseed: ${seed}\n"}

# Of each override the values that a sweep may have.
VALUES = {
    "seed": ["0", "7", "'7'", "-1", "x", "null", "range(0,2)", "choice(1,2)", "1e3", "true", "${data.seed}"],
    "processing.batch_size": ["16", "'32'", "2.5", "0", "range(8,40,16)", "false"],
    "processing.max_length": ["32", "65"],
    "training.max_epochs": ["1", "-7", "null", "abc", "'3'"],
    "training.limit_train_batches": ["1", "1.0", "0.5", "all", '"0.5"', "range(0.1,0.4,0.1)"],
    "training.limit_val_batches": ["2", "${.limit_train_batches}"],
    "training.threads": ["auto", "2", "many"],
    "training.devices": ["1", "2", "[0,1]", "'0,1'"],
    "training.max_epoch": ["1", "2"],
    "training": ["{max_epochs: 2}", "3"],
    "optimizer.lr": ["1e-5", "auto", "0", "3", "nan", "1e-05"],
    "optimizer.weight_decay": ["1", "0.1", "'0.1'", "null"],
    "optimizer.betas": ["[0.9,0.99]", "[0.9,${optimizer.eps}]"],
    "optimizer._target_": ["torch.optim.SGD", "my.own.Optimizer"],
    "model.name": ["x", "null", r"'it\'s \"so\"'", "a\\,b", "???", "''"],
    "model.tokenizer": ["y", "null", "${model.name}"],
    "model.architecture.hidden_size": ["32", "512"],
    "model": ["default", "bert", "transformers", "nope"],
    "data": ["default", "cola", "files"],
    "data.source": ["hub", "nowhere"],
    "data.train": ["a", "[a,b]", "null"],
    "experiment": ["null", "cola_bert"],
    "logger": ["default", "csv"],
    "logger.wandb": ["null", "{mode: online}"],
    "logger.wandb.mode": ["online", "onlin"],
    "callbacks.early_stopping": ["null", "{patience: 2}"],
    "callbacks.early_stopping.patience": ["3", "-1"],
    "+training.min_epochs": ["1", "2"],
    "+training.max_epoch": ["2"],
    "++training.max_epochs": ["3", "${seed}"],
    "++processing.batch_size": ["12"],
    "~logger.wandb": ["null"],
    "~seed": ["null", "0"],
    "~optimizer.fused": ["null"],
    "+logger.wandb.api_key": ["123", "null"],
    "size": ["small", "large"],
    "extra": ["small", "large"],
    "alias.lr": ["1", "2"],
    "alias": ["3", "{lr: 4}"],
    "database.driver": ["sql", "mongo", "oracle"],
    "database.port": ["3306", "'16'", "x", "null"],
    "database.db_password": ["null", "hunter2", "hf_canary"],
    "database.several": ["[1]", "null"],
    "database.several.1": ["4"],
    "+database.more": ["${seed}", "{a: ${database.port}}", "1"],
    "hydra/launcher": ["two_jobs"],
}
SUBDIRS = [
    "hydra.sweep.subdir=" + text
    for text in (
        "${hydra.job.num}-${seed}",
        "${hydra.job.override_dirname}",
        "n${hydra:job.id}",
        "${optimizer.lr}",
        "a",
    )
]


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # an example takes half a second: too long to shrink one


@st.composite
def sweeps(draw: st.DrawFn, most: int = 4) -> list[str]:
    """Overrides in any order, of which the same key may have several."""
    overrides = []
    for key in draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=most)):
        values = draw(st.lists(st.sampled_from(VALUES[key]), min_size=1, max_size=2, unique=True))
        several = len(values) > 1 and (key.startswith(("+", "~", "hydra")) or any("(" in value for value in values))
        overrides.append(f"{key}={values[0] if several else ','.join(values)}")
    return overrides + draw(st.lists(st.sampled_from(SUBDIRS), max_size=1) if draw(st.booleans()) else st.just([]))


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder whose groups refer to one another."""
    folder = tmp_path_factory.mktemp("users")
    (folder / "config.yaml").write_text(CONFIG)
    for group in ("size", "extra"):
        (folder / group).mkdir()
        for name, text in SIZES.items():
            (folder / group / f"{name}.yaml").write_text(text)
    return folder


def one_by_one(overrides: Sequence[str], folders: Sequence[Path]) -> list[PlannedJob]:
    """The plan's definition."""
    jobs, refused = [], RefusedJobs()
    with hydra_session(folders) as session:
        shared = compose_in(session, overrides, "config", RunMode.MULTIRUN)
        for index, texts in enumerate(expand(session, shared)):
            try:
                jobs.append(alone(index, texts, compose_in(session, [*shared.hydra_overrides, *texts])))
            except ConfigError as error:
                refused.add(index, texts, error)
        if refused:
            raise refused.error(session, overrides, "config")
    return jobs


def alone(index: int, overrides: list[str], composed: Composed) -> PlannedJob:
    validated = validate(composed.config, overrides=overrides, here=True)
    if validated.training.threads == "auto":
        validated.training.threads = threads_for(validated, composed.hydra.launcher)
    whole = composed.whole
    with open_dict(whole):
        whole.merge_with(validated)
        whole.hydra.job.num, whole.hydra.job.id = index, str(index)
    config, choices = without_hydra(whole), OmegaConf.to_container(whole.hydra.runtime.choices)
    folder = inside_sweep(Composed(whole).path("hydra.sweep.subdir"))
    raw, resolved = OmegaConf.to_container(config), OmegaConf.to_container(config, resolve=True)
    values = [(list(place), at(resolved, place)) for place in find_interpolations(raw)]
    return PlannedJob(index, overrides, config_hash(config), folder, raw, values, choices)


def at(container: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        container = container[key]
    return container


def outcome(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ConfigError as error:
        return str(error)


def check(overrides: list[str], folders: list[Path]) -> None:
    def expected() -> list[str]:
        jobs = one_by_one(overrides, folders)
        refuse_shared(job.folder for job in jobs)
        return [repr(job) for job in map(in_order, jobs)]

    found = outcome(lambda: [repr(job) for job in map(in_order, plan(overrides, config_dirs=folders).jobs)])
    assert found == outcome(expected)


def in_order(job: PlannedJob) -> list[str]:
    """With `repr` 1 differs from 1.0 and nan equals itself; the order of keys does not matter."""
    texts = [json.dumps(part, sort_keys=True) for part in (job.config, job.choices)]
    return [*texts, job.folder, job.config_hash, str(job.overrides), *sorted(map(repr, job.values))]


@settings(max_examples=3, deadline=None, phases=PHASES, derandomize=True)  # sixty in the slow one
@given(overrides=sweeps(most=2), with_folder=st.booleans())
def test_the_same_as_one_by_one(users: Path, overrides: list[str], with_folder: bool) -> None:
    check(overrides, [users] if with_folder else [])


def test_what_was_deleted_is_filled_in() -> None:
    check(["seed=1,2", "~logger.wandb"], [])


@pytest.mark.slow
@settings(max_examples=60, deadline=None, phases=PHASES)
@given(overrides=sweeps(), with_folder=st.booleans())
def test_the_same_as_one_by_one_at_length(users: Path, overrides: list[str], with_folder: bool) -> None:
    check(overrides, [users] if with_folder else [])


def test_a_resolver_that_keeps_what_it_said(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((config_dir() / "config.yaml").read_text() + "few: ${few:${seed}}\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "same.yaml").write_text("source: minimal_pairs\nseed: ${few}\n")
    # OmegaConf 2.4 deprecates the first name; 2.3 has another function of the second.
    register = OmegaConf.register_new_resolver if VERSION_BASE else OmegaConf.register_resolver
    register("few", lambda value: value if value < 3 else "many", use_cache=True)
    try:
        check(["data=same", "seed=1,2,3"], [tmp_path])
        with pytest.raises(
            ConfigError, match=r"Job 2 .* data=same: data.seed must be an integer of at least 0, and is 'many'"
        ):
            plan(["data=same", "seed=1,2,3"], config_dirs=[tmp_path])
    finally:
        OmegaConf.clear_resolver("few")


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The overrides of each composition of a job."""
    seen: list[Sequence[str]] = []
    compose = Bases._compose

    def count(bases: Bases, overrides: Sequence[str]) -> Any:
        seen.append(overrides)
        return compose(bases, overrides)

    monkeypatch.setattr(Bases, "_compose", count)
    return seen


def test_values_are_not_composed_again(composed: list[Sequence[str]]) -> None:
    several = ["model=bert,default", "optimizer.lr=1e-5,auto", "processing.batch_size=range(1,11)"]
    several += ["training.gradient_clip_val=null,0.5"]
    jobs = plan([*several, "logger.wandb=null", "+training.min_epochs=1"]).jobs
    assert len({job.config_hash for job in jobs}) == len(jobs) == 80
    assert len(composed) == 4  # for each model the choice alone, and with what is more than a value


def test_a_misspelt_key_is_composed_once(composed: list[Sequence[str]]) -> None:
    with pytest.raises(ConfigError, match=r"^training.max_epoch=range\(0,100\): there is no key training.max_epoch;"):
        plan(["training.max_epoch=range(0,100)"])
    assert len(composed) == 2


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sweep", *arguments])


def test_the_one_job_that_cannot_run_is_named() -> None:
    result = run(f"training.max_epochs={'1,' * 417}-7,2")
    assert result.exit_code == 2
    assert "Job 417: training.max_epochs=-7: training.max_epochs must" in result.stderr
    assert result.stderr.count("Job ") == 1
    assert list(Path().iterdir()) == []


def test_ten_of_many_faulty_jobs_are_told() -> None:
    result = run("processing.batch_size=range(-20,1)")
    assert (result.exit_code, result.stderr.count("Job ")) == (2, 10)
    assert "11 more faults." in result.stderr


def test_dry_run_prints_a_line_a_job() -> None:
    assert run("--dry-run", "seed=1,2", "model=bert").stdout == "0: seed=1 model=bert\n1: seed=2 model=bert\n"
    assert list(Path().iterdir()) == []


def test_a_sweep_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="no jobs"):
        plan(["seed=range(0,0)"])


def test_a_job_inside_another_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"Job 1's folder 'a/b' would be inside that of job 0, 'a'"):
        refuse_shared(["a", "a/b"])
    with pytest.raises(ConfigError, match="share the folder"):
        plan(["seed=1,2", "hydra.sweep.subdir=a/./b/../b"])
    refuse_shared(["a/b", "a/c", "ab"])
