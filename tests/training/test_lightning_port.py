"""What is not public in Lightning still says what colactl takes it to say; and what happens where it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loops.fit_loop import _FitLoop
from pytorch_lightning.loops.training_epoch_loop import _TrainingEpochLoop
from pytorch_lightning.utilities import rank_zero_only
from torch.utils.data import DataLoader

from colactl.training import lightning_port

BATCHES = 6  # of an epoch


class Network(pl.LightningModule):
    """Notes what it is given, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.seen: list[str] = []

    def training_step(self, batch: torch.Tensor, _: int) -> torch.Tensor:
        self.seen.append(f"batch of epoch {self.current_epoch}")
        return self.layer(batch).sum()

    def validation_step(self, *_: Any) -> None:
        self.seen.append("validation")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Notes(pl.Callback):
    """At the end of each batch: what the port says, the steps so far, and how much the network has seen."""

    def __init__(self) -> None:
        self.said: list[tuple[bool, int, int]] = []

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        assert isinstance(pl_module, Network)
        self.said.append((lightning_port.is_between_steps(trainer), trainer.global_step, len(pl_module.seen)))


def a_trainer(folder: Path, *callbacks: pl.Callback, **arguments: Any) -> pl.Trainer:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    fixed = {"enable_checkpointing": False, "num_sanity_val_steps": 0, "default_root_dir": folder}
    return pl.Trainer(callbacks=list(callbacks), **{**quiet, **fixed, **arguments})


def fit(trainer: pl.Trainer, checkpoint: Path | None = None) -> list[str]:
    network = Network()
    train, validation = DataLoader(torch.ones(BATCHES, 1)), DataLoader(torch.ones(1, 1))
    trainer.fit(network, train, validation, ckpt_path=checkpoint, weights_only=True)
    return network.seen


@pytest.fixture
def own_rank() -> Iterator[None]:
    before = getattr(rank_zero_only, "rank", 0)
    yield
    rank_zero_only.rank = before  # type: ignore[attr-defined]


@pytest.mark.usefixtures("own_rank")
def test_set_rank() -> None:
    calls: list[int] = []
    for rank in (1, 0):
        lightning_port.set_rank(rank)
        assert lightning_port.rank() == rank
        rank_zero_only(lambda: calls.append(rank))()  # noqa: B023  # it is called at once
    assert calls == [0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"accumulate_grad_batches": 4},  # the last step of an epoch has two
        {"val_check_interval": 0.5},
        {"check_val_every_n_epoch": 2},
        {"limit_train_batches": 4},
        {"max_steps": 9},
    ],
    ids=str,
)
def test_is_between_steps(arguments: dict[str, Any], tmp_path: Path) -> None:
    notes = Notes()
    seen = fit(a_trainer(tmp_path, notes, max_epochs=2, **arguments))
    steps = [0, *(step for _, step, _ in notes.said)]
    for position, (said, step, count) in enumerate(notes.said):
        stepped = step > steps[position]
        epoch_goes_on = seen[count : count + 1] == [seen[count - 1]]  # another batch of it, and no validation
        assert said == (stepped and epoch_goes_on)
    assert {said for said, _, _ in notes.said} == {True, False}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("missing", ["_is_training_done", "_should_accumulate", "_should_check_val_fx"])
def test_is_between_steps_is_never_so_where_lightning_does_not_say(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Without:
        def __init__(self, loop: _TrainingEpochLoop) -> None:
            self.loop = loop

        def __getattr__(self, name: str) -> Any:
            if name == missing:
                raise AttributeError(name)
            return getattr(self.loop, name)

    class Asks(pl.Callback):
        def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
            with monkeypatch.context() as patch:
                patch.setattr(trainer.fit_loop, "epoch_loop", Without(trainer.fit_loop.epoch_loop))
                said.append(lightning_port.is_between_steps(trainer))

    said: list[bool] = []
    for runs in (1, 2):
        fit(a_trainer(tmp_path, Asks(), max_epochs=1))
        assert said == [False] * BATCHES * runs
        assert caplog.text.count(f"only whole epochs are saved: {missing}") == runs


def resumed_at_an_epochs_end(folder: Path) -> tuple[list[str], pl.Trainer]:
    class Saves(pl.Callback):
        def on_train_epoch_end(self, trainer: pl.Trainer, *_: Any) -> None:
            if trainer.current_epoch == 0:
                trainer.save_checkpoint(folder / "one.ckpt")

    fit(a_trainer(folder, Saves(), max_epochs=1))
    trainer = a_trainer(folder, max_epochs=3, max_steps=3 * BATCHES)
    lightning_port.resume_by_epochs(trainer)
    return fit(trainer, folder / "one.ckpt"), trainer


@pytest.mark.filterwarnings("ignore")
def test_resume_by_epochs(tmp_path: Path) -> None:
    seen, _ = resumed_at_an_epochs_end(tmp_path)
    expected = [f"batch of epoch {epoch}" for epoch in (1, 2) for _ in range(BATCHES)]
    assert [each for each in seen if each != "validation"] == expected


@pytest.mark.filterwarnings("ignore")
def test_resume_by_epochs_is_still_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where this fails Lightning has mended it, and the port can be without it."""
    monkeypatch.setattr(lightning_port, "resume_by_epochs", lambda _: None)
    seen, _ = resumed_at_an_epochs_end(tmp_path)
    assert seen.count("batch of epoch 2") < BATCHES or seen.count("batch of epoch 1") < BATCHES


def test_resume_by_epochs_warns_where_it_cannot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = a_trainer(tmp_path, max_steps=1)
    monkeypatch.delattr(_FitLoop, "_iteration_based_training")
    lightning_port.resume_by_epochs(trainer)
    assert "may skip an epoch" in caplog.text


@pytest.mark.filterwarnings("ignore")
def test_epochs_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, trainer = resumed_at_an_epochs_end(tmp_path)
    assert lightning_port.epochs_done(trainer) == 3
    again = a_trainer(tmp_path, max_epochs=1)
    assert fit(again, tmp_path / "one.ckpt") == []
    assert lightning_port.epochs_done(again) == 1
    monkeypatch.delattr(again.fit_loop, "epoch_progress")
    monkeypatch.setattr(pl.Trainer, "current_epoch", 7)
    assert lightning_port.epochs_done(again) == 7
