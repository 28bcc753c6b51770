"""A run's folder that somebody else has made, which names a function where a class belongs."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl import compose
from colactl.runs.files import write_text


@pytest.fixture
def shared() -> Path:
    config = compose(["training=debug", "logger=csv", "+callbacks.x={_target_: subprocess.run, args: [touch, called]}"])
    folder = Path("shared")
    folder.mkdir()
    write_text(folder / "status.json", '{"status": "interrupted"}')
    write_text(folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True))
    return folder
