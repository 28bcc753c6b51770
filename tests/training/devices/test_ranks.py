from __future__ import annotations

import pytest
from omegaconf import OmegaConf
from pytorch_lightning.utilities import rank_zero_only

from colactl import compose
from colactl.errors import ConfigError
from colactl.training.devices import ranks
from colactl.training.devices.follow import is_first, take_place
from colactl.training.loop.fit import fit
from colactl.training.loop.settings import settle

VARIABLES = ("TORCHELASTIC_RUN_ID", "RANK", "WORLD_SIZE", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK")
SLURM = ("SLURM_NTASKS", "SLURM_PROCID", "SLURM_JOB_NAME")
TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "4"}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    for name in VARIABLES + SLURM:
        monkeypatch.delenv(name, raising=False)


def training(**values):
    return OmegaConf.create({"devices": 2, "accelerator": "cpu", "strategy": "auto", **values})


@pytest.mark.parametrize(
    ("devices", "count"),
    [(1, 1), (2, 2), ("2", 2), ([0, 3], 2), ("0,1,2", 3), ("auto", 1), (-1, 1), ("nonsense", 1)],
)
def test_the_number_of_processes(devices, count):
    assert ranks.processes(training(devices=devices)) == ranks.sharers(training(devices=devices)) == count


def test_a_process_alone_starts_its_own():
    assert ranks.place(training()) is None
    assert not ranks.follows(training())


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        (TORCHRUN, 3),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "2"}, 2),
        ({"LOCAL_RANK": "1", "NODE_RANK": "1"}, 3),
    ],
)
def test_a_process_that_something_else_started(monkeypatch, environment, rank):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = ranks.place(training(num_nodes=2))
    assert found is not None
    assert found.rank == rank
    assert ranks.follows(training(num_nodes=2))
    assert ranks.processes(training(num_nodes=2)) == 1


@pytest.mark.parametrize("environment", [{"SLURM_NTASKS": "1"}, {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "bash"}])
def test_a_slurm_job_of_one_task_starts_its_own(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ranks.processes(training()) == 2


def test_a_group_of_another_size_is_refused(monkeypatch):
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=r"4 processes.*devices=2"):
        ranks.place(training())


def test_several_machines_need_a_launcher():
    with pytest.raises(ConfigError, match="num_nodes=2"):
        ranks.place(training(num_nodes=2))


def test_tasks_of_slurm_have_cores_of_their_own(monkeypatch):
    monkeypatch.setenv("SLURM_NTASKS", "2")
    assert ranks.sharers(training()) == 1


@pytest.fixture
def counted(monkeypatch):
    """A machine of 8 cores and 4 GPUs, and the times that its GPUs were counted."""
    calls = []
    monkeypatch.setattr("colactl.training.loop.settings.usable_cores", lambda: 8)
    monkeypatch.setattr(ranks, "_devices_here", lambda _: calls.append("counted") or 4)
    return calls


def test_the_devices_that_auto_finds_share_the_cores(counted):
    assert settle(compose(["model=bert", "training.devices=auto", "training.precision=32-true"])).training.threads == 2
    assert counted


@pytest.mark.parametrize("other", ["model=default", "training.accelerator=cpu", "training.devices=2"])
def test_devices_are_counted_only_where_that_matters(counted, other):
    """It takes Lightning, which takes seconds to import."""
    settle(compose(["model=bert", "training.devices=auto", "training.precision=32-true", other]))
    assert not counted


def test_slurms_tasks_that_train_on_their_own_all_write(monkeypatch, tiny_config, tiny_splits, tmp_path):
    monkeypatch.setenv("SLURM_NTASKS", "4")
    monkeypatch.setenv("SLURM_PROCID", "2")
    monkeypatch.setattr(rank_zero_only, "rank", 2)  # what Lightning makes of it when it is imported
    fit(tiny_config(training__devices=1, training__limit_train_batches=1), tiny_splits, tmp_path)
    assert (tmp_path / "metrics.csv").is_file()
    assert (tmp_path / "train.log").is_file()


def test_the_first_process_of_the_second_machine_is_not_the_first(monkeypatch):
    monkeypatch.setenv("NODE_RANK", "1")
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setattr(rank_zero_only, "rank", 0)  # likewise
    take_place(training(num_nodes=2))
    assert not is_first()
