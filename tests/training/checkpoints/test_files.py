from __future__ import annotations

import random
from contextlib import suppress

import pytest
import torch

from colactl.errors import TrainingError
from colactl.training.checkpoints.files import AtomicCheckpointIO, newest, read


def test_where_every_checkpoint_is_damaged_nothing_is_guessed(tmp_path):
    assert newest(tmp_path) is None
    for name in ("last.ckpt", "previous.ckpt"):
        (tmp_path / name).write_bytes(b"torn")
    with pytest.raises(TrainingError, match="--rerun"):
        newest(tmp_path)


@pytest.mark.parametrize("offset", [0.2, 0.5, 0.9])
def test_a_flipped_bit_is_seen(tmp_path, offset):
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"global_step": 1, "weights": torch.randn(10_000)}, path)
    content = bytearray(path.read_bytes())
    content[int(len(content) * offset)] ^= 1
    path.write_bytes(content)
    with pytest.raises(TrainingError):
        newest(tmp_path)


def test_a_checkpoint_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "last.ckpt"
    writer = AtomicCheckpointIO()
    writer.save_checkpoint({"global_step": 1}, path)
    with pytest.raises(Exception, match="pickle"):
        writer.save_checkpoint({"global_step": lambda: 2}, path)
    assert read(path) == {"global_step": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_byte_is_wrong_a_checkpoint_is_sound_or_left_aside(tmp_path, seed):
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"global_step": 1, "weights": torch.arange(100)}, path)
    content = bytearray(path.read_bytes())
    place = random.Random(seed).randrange(len(content))
    content[place] ^= 1 << random.Random(seed).randrange(8)
    path.write_bytes(content)
    with suppress(TrainingError):  # all else it might raise fails the test
        assert newest(tmp_path).step == 1
        assert torch.equal(read(path)["weights"], torch.arange(100))
