from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from colactl import compose
from colactl.host import cores
from colactl.host.ranks import ProcessGroup
from colactl.training.devices import counts
from colactl.training.devices.counts import processes_on_this_machine, processes_to_start
from colactl.training.devices.settings import settle

ALONE, LAUNCHED = ProcessGroup(), ProcessGroup(1, "torchrun")


def training(**values):
    return OmegaConf.create({"devices": 2, "accelerator": "cpu", "strategy": "auto", **values})


@pytest.mark.parametrize(
    ("devices", "count"),
    [(1, 1), (2, 2), ("2", 2), ([0, 3], 2), ("0,1,2", 3), ("auto", 1), (-1, 1), ("nonsense", 1)],
)
def test_the_number_of_processes(devices, count) -> None:
    group = training(devices=devices)
    assert processes_to_start(group, ALONE) == processes_on_this_machine(group, ALONE) == count


def test_a_launched_process_starts_none() -> None:
    assert processes_to_start(training(), LAUNCHED) == 1


def test_tasks_of_slurm_have_cores_of_their_own() -> None:
    assert processes_on_this_machine(training(), ProcessGroup(slurm_tasks=2)) == 1


@pytest.fixture
def counted(monkeypatch):
    """A machine of 8 cores and 4 GPUs, and the times that its GPUs were counted."""
    calls = []
    monkeypatch.setattr(cores, "usable_cores", lambda: 8)
    monkeypatch.setattr(counts, "_devices_here", lambda _: calls.append("counted") or 4)
    return calls


def test_the_devices_that_auto_finds_share_the_cores(counted) -> None:
    assert settle(compose(["model=bert", "training.devices=auto", "training.precision=32-true"])).training.threads == 2
    assert counted


@pytest.mark.parametrize("other", ["model=default", "training.accelerator=cpu", "training.devices=2"])
def test_devices_are_counted_only_where_that_matters(counted, other) -> None:
    """It takes Lightning, which takes seconds to import."""
    settle(compose(["model=bert", "training.devices=auto", "training.precision=32-true", other]))
    assert not counted
