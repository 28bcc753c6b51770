from __future__ import annotations

from pathlib import Path

import pytest
import torch

from colactl import compose
from colactl.host import cores
from colactl.host.cores import usable_cores
from colactl.training.devices.settings import auto_threads, settle
from colactl.training.loop.fit import fit


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


AMD, OLD = ["fpu", "avx512f", "avx512_bf16"], ["fpu", "avx512f"]


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.parametrize(
    ("flags", "overrides", "precision"),
    [
        (AMD, ["model=bert"], "bf16-mixed"),
        (["amx_bf16"], ["model=bert", "training.accelerator=cpu"], "bf16-mixed"),
        (OLD, ["model=bert"], "32-true"),
        ([], ["model=bert"], "32-true"),
        (AMD, [], "32-true"),
        (AMD, ["model.architecture.hidden_size=512"], "bf16-mixed"),
        (AMD, ["model=bert", "training.accelerator=mps"], "32-true"),
        (AMD, ["model=bert", "training.accelerator=gpu"], "32-true"),
        (AMD, ["model=bert", "training.precision=32-true"], "32-true"),
        (OLD, ["training.precision=bf16-mixed"], "bf16-mixed"),
    ],
)
def test_on_a_processor(monkeypatch, no_gpu, flags, overrides, precision):
    monkeypatch.setattr(cores, "processor_flags", lambda: flags)
    assert settle(compose(overrides)).training.precision == precision


@pytest.mark.parametrize(("accelerator", "expected"), [("auto", True), ("gpu", True), ("cpu", False)])
@pytest.mark.parametrize(("capabilities", "fast"), [([(9, 0)], True), ([(7, 5)], False), ([(8, 0), (7, 5)], False)])
def test_on_a_gpu(monkeypatch, accelerator, expected, capabilities, fast):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(capabilities))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capabilities[device])
    monkeypatch.setattr(cores, "processor_flags", lambda: OLD)
    settled = settle(compose(["model=bert", f"training.accelerator={accelerator}"]))
    assert settled.training.precision == ("bf16-mixed" if expected and fast else "32-true")


def test_this_processors_flags_are_those_that_torch_sees():
    expected = torch.cpu._is_avx512_bf16_supported()
    assert ("avx512_bf16" in cores.processor_flags()) == expected


def test_the_decision_is_in_the_log(tiny_config, tiny_splits, tmp_path):
    fit(tiny_config(training__limit_train_batches=1), tiny_splits, tmp_path)
    assert "Training in 32-true; auto is 32-true: for so small a model" in (tmp_path / "train.log").read_text()
