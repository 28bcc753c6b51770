"""The Python API, as a notebook uses it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import colactl
from colactl import compose, train
from colactl.errors import ConfigError

SMALL = ["training=debug", "logger=csv"]


def test_the_names() -> None:
    assert set(colactl.__all__) == {"__version__", "compose", "train"}
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
