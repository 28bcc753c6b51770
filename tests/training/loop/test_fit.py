from __future__ import annotations

import asyncio
import hashlib
import signal

import pytest
import torch
from pytorch_lightning.utilities import rank_zero_only
from transformers import AutoModelForSequenceClassification, pipeline

from colactl.errors import ConfigError, Interrupted, ModelError
from colactl.host.ranks import process_group
from colactl.training.loop.fit import fit
from colactl.training.records.throughput import Throughput

FILES = (
    "metrics.csv",
    "train.log",
    "checkpoints/best.ckpt",
    "checkpoints/last.ckpt",
    "model/model.safetensors",
    "model/tokenizer.json",
    "model/README.md",
    "plots/loss.png",
    "plots/mcc.png",
    "plots/confusion_matrix.png",
)


def weights(folder) -> str:
    state = AutoModelForSequenceClassification.from_pretrained(folder / "model").state_dict()
    return hashlib.sha256(b"".join(state[name].numpy().tobytes() for name in sorted(state))).hexdigest()


def test_a_run_leaves_its_files_and_figures(tiny_config, tiny_splits, tmp_path, capfd):
    result = fit(tiny_config(), tiny_splits, tmp_path)
    assert [name for name in FILES if not (tmp_path / name).is_file()] == []
    assert (result["epochs"], result["steps"], result["train_sentences"]) == (1, 8, 256)
    assert result["sentences_per_second"] > 0
    assert 0.8 < result["padding_efficiency"] <= 1
    assert (tmp_path / "metrics.csv").read_text().count("\n") == 1 + 8 + 1  # header, steps, one validation
    assert capfd.readouterr() == ("", "")
    checkpoint = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=True)
    assert checkpoint["global_step"] == 8
    judge = pipeline("text-classification", model=str(tmp_path / "model"))
    assert judge("the boy sleeps")[0]["label"] in ("acceptable", "unacceptable")


def test_the_same_seed_gives_the_same_bits_also_in_an_event_loop(tiny_config, tiny_splits, tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed in zip(folders, (0, 0, 1), strict=True):
        folder.mkdir()

        async def run(folder=folder, seed=seed) -> None:
            fit(tiny_config(seed=seed), tiny_splits, folder)

        asyncio.run(run())
    one, two, other = map(weights, folders)
    assert one == two != other


@pytest.mark.parametrize(
    "overrides", [{"training__limit_train_batches": 0}, {"training__max_steps": 0}, {"training__max_epochs": 0}]
)
def test_no_steps_is_a_run_too(tiny_config, tiny_splits, tmp_path, overrides):
    result = fit(tiny_config(**overrides), tiny_splits, tmp_path)
    assert result["steps"] == 0
    assert result["sentences_per_second"] is None
    assert (result["mcc"] is None) == ("training__limit_train_batches" in overrides)  # it limits validation as well
    assert (tmp_path / "model" / "config.json").is_file()


def test_without_callbacks_nothing_is_saved_but_the_model(tiny_config, tiny_splits, tmp_path):
    fit(tiny_config(callbacks__checkpoint=None, callbacks__early_stopping=None), tiny_splits, tmp_path)
    assert not (tmp_path / "checkpoints").exists()
    assert (tmp_path / "model").is_dir()


def test_last_is_saved_between_validations(tiny_config, tiny_splits, tmp_path, monkeypatch):
    count = Throughput.count

    def stop_at_five(self, *arguments):
        count(self, *arguments)
        if self.steps == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(Throughput, "count", stop_at_five)
    with pytest.raises(Interrupted):
        fit(tiny_config(callbacks__checkpoint__every_n_steps=3), tiny_splits, tmp_path)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["last.ckpt"]
    assert torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 3


@pytest.mark.parametrize(
    ("overrides", "error", "told"),
    [
        ({"training__accelerator": "tpu"}, ConfigError, "Lightning"),
        ({"training__no_such": 1}, ConfigError, "no_such"),
        ({"optimizer__no_such": 1}, ConfigError, "no_such"),
        ({"optimizer___target_": "torch.optim.Adamw"}, ConfigError, "optimizer._target_"),
        ({"model__architecture__model_type": "bret"}, ModelError, "bret"),
        ({"processing__max_length": 65}, ConfigError, "64"),
    ],
)
def test_a_refused_setting_is_told_in_one_sentence(tiny_config, tiny_splits, tmp_path, overrides, error, told):
    with pytest.raises(error, match=told) as caught:
        fit(tiny_config(**overrides), tiny_splits, tmp_path)
    assert "\n" not in caught.value.message


def test_ctrl_c_is_an_interruption(tiny_config, tiny_splits, tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)

    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Throughput, "on_train_batch_end", press)
    with pytest.raises(Interrupted) as caught:
        fit(tiny_config(), tiny_splits, tmp_path)
    assert caught.value.exit_code == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_slurms_tasks_that_train_on_their_own_all_write(monkeypatch, tiny_config, tiny_splits, tmp_path) -> None:
    environment = {"SLURM_NTASKS": "4", "SLURM_PROCID": "2"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(rank_zero_only, "rank", 2)  # what Lightning makes of it when it is imported
    config = tiny_config(training__devices=1, training__limit_train_batches=1)
    fit(config, tiny_splits, tmp_path, process_group(config.training))
    assert (tmp_path / "metrics.csv").is_file()
    assert (tmp_path / "train.log").is_file()
