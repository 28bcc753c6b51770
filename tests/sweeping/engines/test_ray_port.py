"""A sweep's own Ray keeps everything in a folder that is gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from omegaconf import DictConfig, OmegaConf

from colactl.sweeping.engines.ray_port import quiet_ray


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Ray's folders go; pytest's own path is too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="colactl-") as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        yield Path(folder)


def launcher(**init: object) -> DictConfig:
    return OmegaConf.create({"ray": {"init": init, "remote": {}}})


def test_the_environment_of_a_local_ray(place: Path) -> None:
    asked = launcher()
    with quiet_ray(asked, gpus=0, joins_cluster=False):
        inside = Path(os.environ["RAY_TMPDIR"])
        assert inside.parent == place
        assert inside.is_dir()
        assert not [key for key in asked.ray.init if key.startswith("_")]  # no option that Ray calls internal
    assert os.environ["RAY_TMPDIR"] == str(place)
    assert list(place.iterdir()) == []


def test_a_cluster_that_is_joined_has_its_own_folder(place: Path) -> None:
    with quiet_ray(launcher(address="auto"), gpus=0, joins_cluster=True):
        assert os.environ["RAY_TMPDIR"] == str(place)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_real_ray_writes_there_alone(place: Path) -> None:
    asked = launcher()
    with quiet_ray(asked, gpus=0, joins_cluster=False):
        ray.init(**OmegaConf.to_container(asked.ray.init))
        (sessions,) = place.glob("*/ray")
        assert [path for path in sessions.iterdir() if path.name.startswith("session_2")]
    assert list(place.iterdir()) == []
