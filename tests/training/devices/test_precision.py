"""What `training.precision: auto` comes to, by device and model."""

from __future__ import annotations

import pytest
import torch

from colactl import compose
from colactl.host import cores
from colactl.training.devices.settings import settle
from colactl.training.loop.fit import fit

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
