from __future__ import annotations

from pathlib import Path

import pytest

from colactl import compose
from colactl.host.cores import usable_cores
from colactl.training.devices.settings import auto_threads, settle


def test_auto_becomes_a_number_and_interpolations_go() -> None:
    config = compose(["model=bert"])
    settled = settle(config)
    assert (settled.training.threads, settled.optimizer.lr) == (usable_cores(), 3e-5)
    assert settled.model.tokenizer == "google-bert/bert-base-uncased"
    assert config.training.threads == "auto"


def test_a_small_model_from_scratch_takes_one_thread_and_a_high_rate() -> None:
    settled = settle(compose())
    assert (settled.training.threads, settled.optimizer.lr) == (1, 2.5e-3)
    large = compose(["model.architecture.hidden_size=512"])
    assert settle(large).training.threads == usable_cores()


def test_what_was_set_stays() -> None:
    settled = settle(compose(["training.threads=3", "optimizer.lr=0.1"]))
    assert (settled.training.threads, settled.optimizer.lr) == (3, 0.1)


@pytest.mark.parametrize(("devices", "cores", "threads"), [(1, None, 8), (1, 3, 3), (2, 8, 4), (4, 2, 1)])
def test_processes_share_the_cores(
    devices: int, cores: int | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colactl.host.cores.usable_cores", lambda: 8)
    config = compose(["model=bert", "training.accelerator=cpu", f"training.devices={devices}", "training.strategy=ddp"])
    assert auto_threads(config, usable=cores) == threads


def test_a_path_is_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("train.tsv", "in.tsv"):
        (tmp_path / name).touch()
    (tmp_path / "weights").mkdir()
    files = ["data=files", "data.train=train.tsv", "data.validation=[in.tsv,absent.tsv]"]
    settled = settle(compose([*files, "model=transformers", "model.name=weights"]))
    assert settled.data.train == str(tmp_path / "train.tsv")
    assert list(settled.data.validation) == [str(tmp_path / "in.tsv"), "absent.tsv"]
    assert settled.model.name == str(tmp_path / "weights")
    assert settle(compose(["model=bert"])).model.name == "google-bert/bert-base-uncased"
