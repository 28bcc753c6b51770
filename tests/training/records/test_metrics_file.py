"""`metrics.csv` is byte for byte what Lightning's CSVLogger writes, and goes on after a kill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger

from colactl.runs.run import METRICS
from colactl.training.records import metrics_file
from colactl.training.records.metrics_file import MetricsFile

LOGGED: list[tuple[dict[str, Any], int | None]] = [
    ({"train/loss": 0.1 + 0.2, "epoch": 0}, 0),
    ({"train/loss": torch.tensor(0.5), "epoch": 0}, 1),
    ({"valid/mcc": float("nan"), "valid/loss": 1e-20, "epoch": 0}, 1),  # columns that were not there
    ({"train/loss": torch.tensor([2]), "epoch": 1}, 2),
    ({"step": 9, "epoch": 1}, 3),  # the step's own column wins
    ({"a, name": "a, value"}, None),
]


def written(folder: Path) -> bytes:
    return (folder / METRICS).read_bytes()


def test_it_is_what_lightning_writes(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    ours.mkdir()
    library, logger = CSVLogger(theirs, name="", version="", flush_logs_every_n_steps=1), MetricsFile(ours, 0)
    for metrics, step in LOGGED:
        library.log_metrics(metrics, step)
        logger.log_metrics(metrics, step)
        assert written(ours) == written(theirs)
    assert (logger.name, logger.version) == (library.name, library.version)
    assert [Path(path or "") for path in (logger.save_dir, logger.log_dir)] == [ours, ours]
    assert pl.Trainer(logger=logger, accelerator="cpu", enable_checkpointing=False).log_dir == str(ours)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_resumed_run_keeps_the_rows_of_steps_that_are_done(tmp_path: Path, steps: int) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    for folder in (whole, torn):
        folder.mkdir()
        logger = MetricsFile(folder, 0)
        for metrics, step in LOGGED[:5]:
            logger.log_metrics(metrics, step)
    with (torn / METRICS).open("a") as file:
        file.write("0.25,")  # a kill in the middle of a row
    again = MetricsFile(torn, steps)
    for metrics, step in LOGGED[:5]:
        if step is not None and step >= steps:
            again.log_metrics(metrics, step)
    assert written(torn) == written(whole)


def test_a_run_that_starts_anew_drops_the_file(tmp_path: Path) -> None:
    (tmp_path / METRICS).write_text("step\n1\n")
    MetricsFile(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_kill_while_a_column_is_added_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def torn(path: Path) -> Iterator[IO[bytes]]:
        with path.with_name("partial").open("wb") as file:
            yield file
        raise KeyboardInterrupt

    logger = MetricsFile(tmp_path, 0)
    logger.log_metrics({"train/loss": 0.5}, 0)
    before = written(tmp_path)
    monkeypatch.setattr(metrics_file, "replacing", torn)
    with pytest.raises(KeyboardInterrupt):
        logger.log_metrics({"valid/loss": 0.5}, 1)
    assert written(tmp_path) == before
