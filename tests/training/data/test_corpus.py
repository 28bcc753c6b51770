"""`data=cola` through the real `load_dataset`: on a local repository, and with no network."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import DictConfig, OmegaConf

from colactl.errors import DataError
from colactl.training.data.corpus import load_splits


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def repository(folder: Path, labels: list[int]) -> DictConfig:
    folder.mkdir()
    for split in ("train", "validation"):
        table = pa.table({"sentence": [f'A "quoted" {split} sentence.', "Sentence a."], "label": labels, "idx": [0, 1]})
        pq.write_table(table, folder / f"{split}.parquet")
    columns = {"sentence": "sentence", "label": "label", "source": None}
    return OmegaConf.create(
        {"source": "hub", "path": str(folder), "name": None, "revision": None, "columns": columns}
        | {"train": "train", "validation": "validation", "test": "test"}
    )


def test_a_repository_is_read(tmp_path: Path) -> None:
    splits = load_splits(repository(tmp_path / "glue", [1, 0]))
    assert splits.train.sentences == ['A "quoted" train sentence.', "Sentence a."]
    assert (splits.validation.labels, splits.validation.sources, splits.test) == ([1, 0], ["", ""], None)


def test_an_unlabelled_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row 1: the label is -1"):
        load_splits(repository(tmp_path / "glue", [1, -1]))


def test_a_wrong_column_names_those_there_are(tmp_path: Path) -> None:
    data = repository(tmp_path / "glue", [1, 0])
    data.columns.sentence = "text"
    with pytest.raises(DataError, match=r"no column 'text'\n.*sentence, label, idx"):
        load_splits(data)


def test_without_a_network_it_says_so_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    data = repository(tmp_path / "glue", [1, 0])
    data.path, data.name = "nyu-mll/glue", "cola"
    begun = time.monotonic()
    with pytest.raises(DataError, match="nyu-mll/glue"):
        load_splits(data)
    assert time.monotonic() - begun < 60  # a hang is what this is about, not a figure
