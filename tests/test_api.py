"""The Python API, as a notebook uses it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import colactl
from colactl import compose, train
from colactl.errors import ConfigError, TrainingError
from colactl.runs.run import Run

SMALL = ["training=debug", "logger=csv"]


def test_the_names() -> None:
    assert set(colactl.__all__) == {"__version__", "compose", "evaluate", "predict", "sweep", "train"}
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        colactl.nope  # noqa: B018


def test_twice_in_one_process_and_inside_a_running_loop() -> None:
    first = train(compose(SMALL))

    async def cell() -> colactl.api.Run:
        return train(compose([*SMALL, "seed=1"]), "second")

    second = asyncio.run(cell())
    assert first.folder != second.folder == Path("second").absolute()
    assert first.result is not None
    assert second.result is not None
    assert first.result["train_sentences"] == second.result["train_sentences"] == 8551


def test_a_config_that_was_changed_is_checked() -> None:
    config = compose(SMALL)
    config.processing.batch_size = 0
    with pytest.raises(ConfigError, match="batch_size"):
        train(config)
    assert list(Path().iterdir()) == []


def test_a_folder_of_ones_own(tutorial: Path) -> None:
    assert compose(["model=bert"], config_dir=tutorial).model.name == "bert-base-cased"
    assert compose(["model=bert"], config_dir=[tutorial]).database.driver == "mongo"


def test_hydras_own_folders_are_refused() -> None:
    with pytest.raises(ConfigError, match="without Hydra's own keys"):
        compose(["hydra.run.dir=mine"])


def test_mixed_precision() -> None:
    assert train(compose([*SMALL, "training.precision=bf16-mixed"])).status == "done"


def test_another_optimizer() -> None:
    sgd = ["optimizer._target_=torch.optim.SGD", "~optimizer.betas", "~optimizer.eps"]
    assert train(compose([*SMALL, *sgd])).status == "done"


def test_a_run_of_no_steps_and_one_without_callbacks() -> None:
    assert train(compose([*SMALL, "training.max_epochs=0"])).status == "done"
    assert train(compose([*SMALL, "callbacks.checkpoint=null", "callbacks.early_stopping=null"])).status == "done"


def test_a_librarys_own_exception_is_told_with_its_log() -> None:
    with pytest.raises(TrainingError, match="Training failed with ValueError") as caught:
        train(compose([*SMALL, "+training.val_check_interval=5"]), "mine")
    assert "train.log" in caught.value.hint
    assert Run(Path("mine").absolute()).status == "failed"
