"""How many jobs an engine runs at once, with how many cores, and which GPU each sees."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

import pytest
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from colactl.composition import machine
from colactl.composition.compose import compose
from colactl.sweeping.engines import devices
from colactl.sweeping.engines.engine import deals, slots, threads_for

LARGE = ["model=bert"]


@pytest.fixture(autouse=True)
def eight_cores_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colactl.sweeping.engines.engine.usable_cores", lambda: 8)
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


@pytest.mark.parametrize(
    ("value", "names"),
    [("0,1", ("0", "1")), ("", ()), ("3", ("3",)), ("GPU-8a, GPU-9b", ("GPU-8a", "GPU-9b")), ("2,-1,0", ("2",))],
)
def test_gpus_that_the_environment_names(value: str, names: tuple[str, ...]) -> None:
    assert machine.visible({machine.VISIBLE: value}) == names


def test_gpus_that_the_machine_shows(tmp_path: Path) -> None:
    driver, nodes = tmp_path / "driver", tmp_path / "dev"
    assert machine.visible({}, driver, nodes) == ()
    for bus in ("0000:01:00.0", "0000:02:00.0", "0000:03:00.0"):
        (driver / bus).mkdir(parents=True)
    assert machine.visible({}, driver, nodes) == ("0", "1", "2")
    nodes.mkdir()
    for name in ("nvidia2", "nvidia3", "nvidiactl", "nvidia-uvm", "nvidia0cap"):
        (nodes / name).touch()
    assert machine.visible({}, driver, nodes) == ("0", "1")


@pytest.mark.parametrize(
    ("overrides", "gpus"),
    [
        ([], 1),
        (["training=gpu"], 1),
        (["training.accelerator=cpu"], 0),
        (["training.devices=4"], 2),
        (["training.devices=auto"], 2),
    ],
)
def test_gpus_that_a_job_asks_for(overrides: list[str], gpus: int) -> None:
    assert devices.wanted(config(*overrides).training, ("4", "7")) == gpus
    assert devices.wanted(config(*overrides).training, ()) == 0


def test_what_is_dealt_to_a_job(tmp_path: Path) -> None:
    training = config().training
    with (
        devices.dealt(tmp_path, 2, ("4", "7"), training) as first,
        devices.dealt(tmp_path, 2, ("4", "7"), training) as second,
    ):
        assert [first, second] == [{machine.VISIBLE: "4"}, {machine.VISIBLE: "7"}]
    with devices.dealt(tmp_path, 0, ("4", "7"), training) as nothing:
        assert nothing == {}
    with devices.dealt(tmp_path, 2, ("4", "7"), config("training.accelerator=cpu").training) as unneeded:
        assert unneeded == {machine.VISIBLE: "4,7"}


def test_a_slot_sees_one_gpu() -> None:
    seen = [devices.gpu_environment(slot, 3, ("4", "7")) for slot in range(3)]
    assert [environment[machine.VISIBLE] for environment in seen] == ["4", "7", "4"]
    assert devices.gpu_environment(0, 3, ("4", "7"), gpus=2) == {machine.VISIBLE: "4,7"}
    assert devices.gpu_environment(0, 1, ("4", "7")) == {machine.VISIBLE: "4,7"}
    assert devices.gpu_environment(0, 3, ()) == {}


def test_slots_are_taken_once_and_freed(tmp_path: Path) -> None:
    with devices.slot(tmp_path, 2) as first, devices.slot(tmp_path, 2) as second:
        assert {first, second} == {0, 1}
        waiting, found = threading.Event(), []

        def third() -> None:
            waiting.set()
            with devices.slot(tmp_path, 2) as number:
                found.append(number)

        thread = threading.Thread(target=third)
        thread.start()
        waiting.wait()
        thread.join(3 * devices.PAUSE)
        assert thread.is_alive()
    thread.join(5)
    assert found in ([0], [1])


def test_a_killed_process_leaves_its_slot(tmp_path: Path) -> None:
    code = "from pathlib import Path; from colactl.sweeping.engines.devices import slot\n"
    code += f"with slot(Path({str(tmp_path)!r}), 1): print(0, flush=True); input()"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate()
    with devices.slot(tmp_path, 1) as number:
        assert number == 0
