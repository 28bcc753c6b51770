"""Sweeps that a few characters ask for, and that are refused before there is a job."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from colactl.errors import ConfigError
from colactl.sweeping.planning.jobs import plan

SOON = 5  # seconds


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("seed=range(1,10000000000)", "asks for 9,999,999,999 jobs"),
        ("seed=shuffle(range(1,10000000000))", "asks for 9,999,999,999 jobs"),
        ("seed=range(0,1,0.000001)", "asks for 1,000,000 jobs"),
        ("seed=range(0,inf)", "is no range"),
        ("seed=range(nan,1)", "is no range"),
        ("seed=range(0,5,0)", "is no range"),
        ("seed=range(5,0)", "no jobs"),
    ],
)
def test_a_sweep_of_too_many_jobs(override: str, told: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        plan([override])
    assert told in str(caught.value)
    assert time.monotonic() - begun < SOON


def test_too_many_jobs_together() -> None:
    with pytest.raises(ConfigError, match=r"=range\(0,1000\) .*=range\(1,1001\) asks for 1,000,000 jobs"):
        plan(["seed=range(0,1000)", "processing.batch_size=range(1,1001)"])
    with pytest.raises(ConfigError, match="asks for 1,000,000 jobs"):
        plan(["seed=range(0,10)", "seed=range(0,1000000)"])
    assert len(plan(["seed=range(0,1000000)", "seed=range(3,0,-1)"]).jobs) == 3  # the last one counts, as in Hydra


@pytest.mark.parametrize("params", ["1", "[1]", "{seed: '1,'}", "{seed: '[[[[[1'}", "x"])
def test_wrong_parameters_of_the_sweeper(tmp_path: Path, params: str) -> None:
    text = "defaults: [model: default, data: default, processing: default, training: default, optimizer: adamw,"
    text += f" logger: csv, callbacks: default, _self_]\nseed: 1\nhydra: {{sweeper: {{params: {params}}}}}\n"
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError):
        plan([], config_dirs=[tmp_path])
