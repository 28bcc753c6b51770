"""Folders of jobs that are named after what makes the job: as Hydra names them, and soon."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import open_dict

from colactl.composition.compose import compose_in
from colactl.composition.session import hydra_session
from colactl.sweeping.planning.expansion import expand
from colactl.sweeping.planning.jobs import plan

NAMED = """
defaults:
  - config
  - _self_
hydra:
  job:
    config:
      override_dirname: {exclude_keys: [seed, logger.csv], item_sep: "__", kv_sep: "-"}
"""
SWEEPS = [
    ["seed=1,2", "optimizer.lr=1e-4,0.001", "model=default,bert"],
    ["model=bert", "logger.csv=true,false", "+note='a=b, c',null", "optimizer.weight_decay=0.0"],
]
SUBDIRS = [
    "${hydra.job.override_dirname}",
    "${hydra:job.num}/lr ${optimizer.lr}_${seed}_${model.max_positions}_${training.deterministic}",
    "x${hydra.job.id}",
    "${oc.env:HOME}/../..${hydra.job.override_dirname}",
    "${hydra:runtime.choices.model}-${hydra.job.num}",
]


def by_hydra(overrides: list[str], config_name: str, folder: Path) -> list[str]:
    """What Hydra's own sweeper and launchers make of `hydra.sweep.subdir`, job by job."""
    found = []
    with hydra_session([folder]) as session:
        shared = compose_in(session, overrides, config_name, RunMode.MULTIRUN)
        for index, job in enumerate(expand(session, shared)):
            config = GlobalHydra.instance().config_loader().load_sweep_config(shared.whole, job)
            with open_dict(config):
                config.hydra.job.num, config.hydra.job.id = index, str(index)
            HydraConfig.instance().set_config(config)
            found.append(str(config.hydra.sweep.subdir))
    HydraConfig.instance().cfg = None
    return found


@pytest.mark.parametrize("config_name", ["config", "named"])
@pytest.mark.parametrize("sweep", SWEEPS, ids=["values and groups", "quotes"])
def test_folders_are_named_as_hydra_names_them(sweep: list[str], config_name: str) -> None:
    Path("named.yaml").write_text(NAMED)
    subdir = "hydra.sweep.subdir=${hydra.job.num}-${hydra.job.override_dirname}"  # two may differ in an excluded key
    planned = plan([*sweep, subdir], config_name, [Path.cwd()])
    assert [job.folder for job in planned.jobs] == by_hydra([*sweep, subdir], config_name, Path.cwd())


@pytest.mark.parametrize("subdir", SUBDIRS)
def test_whatever_the_name_refers_to(subdir: str) -> None:
    sweep = [*SWEEPS[0], f"hydra.sweep.subdir='n{subdir}'"]
    expected = [os.path.normpath(folder) for folder in by_hydra(sweep, "config", Path.cwd())]
    assert [job.folder for job in plan(sweep).jobs] == expected


def test_an_override_that_refers_to_another_key() -> None:
    sweep = ["seed=3,4", "processing.batch_size=${seed}", "hydra.sweep.subdir=${hydra.job.override_dirname}"]
    assert [job.folder for job in plan(sweep).jobs] == by_hydra(sweep, "config", Path.cwd())
