"""What is not public in Weights & Biases is still there, and a run goes without it where it is gone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wandb

from colactl.training.records import wandb_port

MODULE = "wandb.sdk.launch"
A_RUN = """
import json, sys
import wandb
from colactl.training.records import wandb_port
before = set(sys.modules)
make = wandb_port.settings if sys.argv[2] == "ours" else wandb.Settings
settings = make(silent=True, console="off", disable_git=True, disable_code=True)
wandb.init(mode="offline", dir=sys.argv[1], settings=settings).finish()
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def a_run(folder: Path, whose: str) -> list[str]:
    """Makes a run in that folder; returns the modules that were loaded for it."""
    command = [sys.executable, "-c", A_RUN, str(folder), whose]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


def told(folder: Path) -> tuple[bool, bool]:
    """Whether a run's records hold a path of this machine, and whether the installed packages are listed."""
    (records,) = folder.glob("wandb/offline-run-*/*.wandb")
    return sys.executable.encode() in records.read_bytes(), bool(list(folder.rglob("requirements.txt")))


@pytest.fixture(scope="module")
def plain_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """A run with W&B's public settings alone: the modules that were loaded for it, and its folder."""
    folder = tmp_path_factory.mktemp("plain")
    return a_run(folder, "theirs"), folder


def test_preload(plain_run: tuple[list[str], Path]) -> None:
    assert MODULE in plain_run[0]  # else it is of no use any more
    wandb_port.preload()
    assert MODULE in sys.modules


def test_preload_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, MODULE, None)
    wandb_port.preload()


def test_settings(plain_run: tuple[list[str], Path], tmp_path: Path) -> None:
    a_run(tmp_path, "ours")
    assert (told(plain_run[1]), told(tmp_path)) == ((True, True), (False, False))


def test_settings_warn_where_they_cannot(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def public_ones(**named: Any) -> dict[str, Any]:
        if any(name.startswith("x_") for name in named):
            raise ValueError
        return named

    monkeypatch.setattr(wandb, "Settings", public_ones)
    assert wandb_port.settings(silent=True) == {"silent": True}
    assert "records the machine" in caplog.text


def test_settings_do_not_warn_where_a_public_one_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="mode"):
        wandb_port.settings(mode="nonsense")
    assert caplog.text == ""
