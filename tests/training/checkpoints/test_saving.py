"""An interrupted run ends as if it had never stopped: in one process here, with real kills in tests/cli."""

from __future__ import annotations

import hashlib
import os
import signal

import pytest
import torch

from colactl.errors import Interrupted
from colactl.training.checkpoints import files as checkpoint_files
from colactl.training.loop.fit import fit
from colactl.training.records.throughput import Throughput

# Dropout makes the random state matter; every second step is saved.
BASE = {
    "model__architecture__embedding_dropout": 0.2,
    "model__architecture__mlp_dropout": 0.2,
    "training__max_epochs": 3,
    "callbacks__checkpoint__every_n_steps": 2,
}
TIMES = ("seconds", "sentences_per_second", "tokens_per_second")


class Killed(BaseException):
    """Stands for SIGKILL: nothing that handles errors may see it."""


@pytest.fixture
def kill(monkeypatch):
    """Sets the step after which training dies, before anything of that step is saved."""
    count, at = Throughput.count, {"step": None}

    def counted(self, *arguments):
        count(self, *arguments)
        if self.steps == at["step"]:
            raise Killed

    monkeypatch.setattr(Throughput, "count", counted)

    def set_step(step):
        at["step"] = step

    return set_step


def bits(folder, result):
    """All that must be equal: the last and the best weights, what was logged, the figures."""
    last = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    weights = b"".join(tensor.numpy().tobytes() for tensor in last["state_dict"].values())
    return (
        hashlib.sha256(weights).hexdigest(),
        hashlib.sha256((folder / "model" / "model.safetensors").read_bytes()).hexdigest(),
        (folder / "metrics.csv").read_text(),
        {name: value for name, value in result.items() if name not in TIMES},
    )


def check(config, splits, tmp_path, kill, steps):
    kill(None)
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    whole.mkdir()
    torn.mkdir()
    expected = bits(whole, fit(config, splits, whole))
    for number, step in enumerate(steps):
        kill(step)
        with pytest.raises(Killed):
            fit(config, splits, torn, resume=number > 0)
    kill(None)
    assert bits(torn, fit(config, splits, torn, resume=True)) == expected


@pytest.mark.parametrize("steps", [(5, 6, 12, 16, 24)], ids=str)
def test_wherever_it_was_killed(tiny_config, tiny_splits, tmp_path, kill, steps):
    check(tiny_config(**BASE), tiny_splits, tmp_path, kill, steps)


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"training__max_steps": 13},
        {"training__accumulate_grad_batches": 3},
        {"training__val_check_interval": 0.5},
        {"training__check_val_every_n_epoch": 2},
        {"training__limit_train_batches": 5},
        {"training__max_epochs": 6, "callbacks__early_stopping__patience": 0},
        {"training__precision": "bf16-mixed"},
        {"training__log_every_n_steps": 3},
        {"callbacks__checkpoint__every_n_steps": None},
        {"callbacks__checkpoint__monitor": "valid/loss"},
    ],
    ids=str,
)
@pytest.mark.parametrize("steps", [(3,), (8,), (9, 12)], ids=str)
def test_whatever_was_set(tiny_config, tiny_splits, tmp_path, kill, overrides, steps):
    check(tiny_config(**{**BASE, **overrides}), tiny_splits, tmp_path, kill, steps)


def test_a_truncated_checkpoint_gives_way_to_the_one_before_it(tiny_config, tiny_splits, tmp_path, kill, caplog):
    config = tiny_config(**BASE)
    kill(None)
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    whole.mkdir()
    torn.mkdir()
    expected = bits(whole, fit(config, tiny_splits, whole))
    kill(13)
    with pytest.raises(Killed):
        fit(config, tiny_splits, torn)
    kill(None)
    last = torn / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[: last.stat().st_size // 2])
    assert bits(torn, fit(config, tiny_splits, torn, resume=True)) == expected
    assert "last.ckpt is damaged" in (torn / "train.log").read_text()


def test_a_signal_waits_for_a_save(tiny_config, tiny_splits, tmp_path, monkeypatch):
    count = Throughput.count

    def counted(self, *arguments):
        count(self, *arguments)
        if self.steps == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Throughput, "count", counted)
    with pytest.raises(Interrupted, match="after step 5, and saved") as stopped:
        fit(tiny_config(**BASE), tiny_splits, tmp_path)
    assert stopped.value.exit_code == 143
    start = checkpoint_files.newest(tmp_path / "checkpoints")
    assert start is not None
    assert start.step == 5


def test_a_signal_before_the_first_step_is_no_librarys_error(tiny_config, tiny_splits, tmp_path, monkeypatch):
    def load(*arguments):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Exception as error:  # as libraries wrap what goes wrong while they load
            raise ValueError("cannot be loaded") from error

    monkeypatch.setattr("colactl.training.loop.fit.build_model", load)
    with pytest.raises(Interrupted) as stopped:
        fit(tiny_config(), tiny_splits, tmp_path)
    assert stopped.value.exit_code == 143


def test_a_damaged_checkpoint_never_takes_the_good_ones_place(tiny_config, tiny_splits, tmp_path, kill):
    config = tiny_config(**BASE)
    for step in (9, 11):  # the second one saves once after it has gone on from the one before
        kill(step)
        with pytest.raises(Killed):
            fit(config, tiny_splits, tmp_path, resume=step > 9)
        last = tmp_path / "checkpoints" / "last.ckpt"
        if step == 9:
            last.write_bytes(last.read_bytes()[:1000])
    assert checkpoint_files.read(last)["global_step"] == 10
    previous = last.with_name("previous.ckpt")
    assert not previous.exists() or checkpoint_files.read(previous)["global_step"] < 10
