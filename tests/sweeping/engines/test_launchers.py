"""How many jobs an engine runs at once, with how many cores, and which GPU each sees."""

from __future__ import annotations

from functools import cache

import pytest
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from colactl.composition import machine
from colactl.composition.compose import compose
from colactl.sweeping.engines.launchers import deals, slots, threads_for

LARGE = ["model=bert"]


@pytest.fixture(autouse=True)
def eight_cores_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colactl.sweeping.engines.launchers.usable_cores", lambda: 8)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv(machine.VISIBLE, "")


@cache
def config(*overrides: str) -> DictConfig:
    return compose(overrides).config


def launcher(*overrides: str) -> DictConfig:
    return compose(overrides, run_mode=RunMode.MULTIRUN).hydra.launcher


@pytest.mark.parametrize(
    ("overrides", "at_once", "threads"),
    [
        (["hydra/launcher=basic"], 1, 8),
        (["hydra/launcher=two_jobs"], 2, 4),
        (["hydra/launcher=joblib"], 6, 1),
        (["hydra/launcher=joblib", "hydra.launcher.n_jobs=-6"], 3, 2),
        (["hydra/launcher=joblib", "hydra.launcher.n_jobs=-20"], 1, 8),
        (["hydra/launcher=submitit_local"], 6, 1),
        (["hydra/launcher=submitit_local", "hydra.launcher.cpus_per_task=4"], 2, 4),
        (["hydra/launcher=submitit_slurm"], 6, 1),
        (["hydra/launcher=slurm", "hydra.launcher.cpus_per_task=5", "hydra.launcher.array_parallelism=2"], 2, 5),
        (["hydra/launcher=slurm", "hydra.launcher.cpus_per_gpu=3", "hydra.launcher.gpus_per_task=2"], 6, 6),
        (["hydra/launcher=ray"], 6, 1),
        (["hydra/launcher=ray", "+hydra.launcher.ray.remote.num_cpus=3"], 2, 3),
        (["hydra/launcher=ray", "+hydra.launcher.ray.remote.num_cpus=0.5"], 6, 1),
        (["hydra/launcher=ray", "+hydra.launcher.ray.remote.num_cpus=2", "+hydra.launcher.ray.init.num_cpus=2"], 1, 2),
        (["hydra/launcher=ray", "+hydra.launcher.ray.remote.num_cpus=4", "hydra.launcher.ray.init.address=auto"], 6, 4),
    ],
)
def test_slots_and_threads_of_six_jobs(overrides: list[str], at_once: int, threads: int) -> None:
    chosen = launcher(*overrides)
    assert slots(chosen, jobs=6) == at_once
    assert threads_for(config(*LARGE), chosen, jobs=6) == threads
    assert threads_for(config(), chosen, jobs=6) == 1  # a small model's results depend on no engine


def test_tasks_of_a_slurm_job_have_cores_each() -> None:
    chosen = launcher("hydra/launcher=slurm", "hydra.launcher.cpus_per_task=4", "hydra.launcher.tasks_per_node=2")
    assert threads_for(config(*LARGE, "training=ddp"), chosen, jobs=6) == 4


def test_gpus_bound_the_jobs_of_a_local_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.VISIBLE, "0,1,2")
    assert slots(launcher("hydra/launcher=ray"), jobs=6, gpus=1) == 3
    assert slots(launcher("hydra/launcher=ray", "+hydra.launcher.ray.remote.num_gpus=0.5"), jobs=6, gpus=1) == 6


def test_who_deals_out_the_gpus() -> None:
    names = ["basic", "joblib", "submitit_local", "submitit_slurm", "ray"]
    assert [deals(launcher(f"hydra/launcher={name}")) for name in names] == [False, True, True, False, False]


def test_an_unknown_launcher_is_taken_for_a_slow_one() -> None:
    assert slots(OmegaConf.create({"_target_": "somebody.elses.QueueLauncher"}), jobs=6) == 1
