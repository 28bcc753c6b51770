from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from colactl.errors import ConfigError
from colactl.host.ranks import ProcessGroup, process_group

VARIABLES = ("TORCHELASTIC_RUN_ID", "RANK", "WORLD_SIZE", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK")
SLURM = ("SLURM_NTASKS", "SLURM_PROCID", "SLURM_JOB_NAME")
TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "4"}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    for name in VARIABLES + SLURM:
        monkeypatch.delenv(name, raising=False)


def training(**values):
    return OmegaConf.create({"devices": 2, "accelerator": "cpu", "strategy": "auto", **values})


def test_a_process_alone() -> None:
    assert process_group(training()) == ProcessGroup()
    assert not ProcessGroup().is_worker
    assert not ProcessGroup().is_launched


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        (TORCHRUN, 3),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "2"}, 2),
        ({"LOCAL_RANK": "1", "NODE_RANK": "1"}, 3),
        ({"LOCAL_RANK": "0", "NODE_RANK": "1"}, 2),  # the first process of the second machine is a worker
    ],
)
def test_a_process_that_something_else_started(environment, rank) -> None:
    group = process_group(training(num_nodes=2), environment)
    assert (group.rank, group.is_worker, group.is_launched) == (rank, True, True)


@pytest.mark.parametrize("environment", [{"SLURM_NTASKS": "1"}, {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "bash"}])
def test_a_slurm_job_of_one_task_is_no_group(environment) -> None:
    assert not process_group(training(), environment).is_launched


def test_a_group_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"4 processes.*devices=2"):
        process_group(training(), TORCHRUN)


def test_several_machines_need_a_launcher() -> None:
    with pytest.raises(ConfigError, match="num_nodes=2"):
        process_group(training(num_nodes=2), {})
