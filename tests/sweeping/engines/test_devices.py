"""Which GPU a job of a sweep sees, and how slots are taken."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

import pytest
from omegaconf import DictConfig

from colactl.composition import machine
from colactl.composition.compose import compose
from colactl.sweeping.engines import devices


@cache
def config(*overrides: str) -> DictConfig:
    return compose(overrides).config


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
