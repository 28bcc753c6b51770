"""Which files of a repository are fetched, and when what is in the cache is enough."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.errors import DataError, ModelError
from colactl.training.hub import availability

COMMIT = "0" * 40
SHARDED = ["model.safetensors.index.json", "model-1.safetensors"]
SMALL = ["config.json", "tokenizer.json"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path


def keep(cache: Path, kind: str, name: str, files: dict[str, str]) -> None:
    """Puts files into the cache, as the library does."""
    folder = cache / f"{kind}s--{name.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    for file, text in files.items():
        (folder / "snapshots" / COMMIT / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "snapshots" / COMMIT / file).write_text(text)


@pytest.mark.parametrize(
    ("heavy", "chosen"),
    [
        (["model.safetensors", "pytorch_model.bin"], ["model.safetensors"]),
        (
            ["model.safetensors.index.json", "model-1.safetensors"],
            ["model.safetensors.index.json", "model-1.safetensors"],
        ),
        (["pytorch_model.bin", "tf_model.h5", "onnx/model.json"], ["pytorch_model.bin"]),
    ],
)
def test_the_preferred_weights_alone(heavy: list[str], chosen: list[str]) -> None:
    names = availability._model_names([*SMALL, *heavy], weights=True)
    assert sorted(set(names)) == sorted({*SMALL, *chosen})


@pytest.mark.parametrize("shards", [["model-1.safetensors"], ["model-1.safetensors", "model-2.safetensors"]])
def test_a_missing_shard_is_seen(cache: Path, shards: list[str]) -> None:
    index = json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}})
    keep(cache, "model", "a/b", {**dict.fromkeys(SMALL + shards, "{}"), "model.safetensors.index.json": index})
    config = OmegaConf.create({"data": {"source": "minimal_pairs"}, "model": {"name": "a/b", "tokenizer": None}})
    if len(shards) == 2:
        availability.fetch(config)
    else:
        with pytest.raises(ModelError, match="not whole, in the cache"):
            availability.fetch(config)


def test_the_tokenizer_is_looked_for_where_it_comes_from(cache: Path) -> None:
    keep(cache, "model", "a/weights", dict.fromkeys(["config.json", "model.safetensors"], "{}"))
    keep(cache, "model", "a/bytes", dict.fromkeys(["config.json", "tokenizer_config.json"], "{}"))
    config = OmegaConf.create({"data": {"source": "minimal_pairs"}, "model": {"name": "a/weights"}})
    with pytest.raises(ModelError, match="'a/weights' is not, or not whole, in the cache"):
        availability.fetch(config)
    config.model.tokenizer = "a/bytes"
    availability.fetch(config)
    config.model.tokenizer = "a/none"
    with pytest.raises(ModelError, match="'a/none' is not, or not whole, in the cache"):
        availability.fetch(config)


def test_a_missing_split_is_seen(cache: Path) -> None:
    card = "configs: [{config_name: c, data_files: [{split: train, path: t-*}, {split: validation, path: v-*}]}]"
    data = OmegaConf.create({"path": "a/b", "name": "c", "revision": None})
    files = {"README.md": f"---\n{card}\n---\n", "t-00000-of-00001.csv": ""}
    keep(cache, "dataset", "a/b", files)
    with pytest.raises(DataError, match="HF_HUB_OFFLINE is set") as caught:
        availability.fetch_data_set(data)
    assert caught.value.hint.endswith("hf download --repo-type dataset a/b")
    snapshot = cache / "datasets--a--b" / "snapshots" / COMMIT
    (snapshot / "v-00000-of-00002.csv").touch()
    with pytest.raises(DataError):
        availability.fetch_data_set(data)
    (snapshot / "v-00001-of-00002.csv").touch()
    folder, splits = availability.fetch_data_set(data)
    assert (folder, splits) == (snapshot, {"train": ["t-*"], "validation": ["v-*"]})


@pytest.mark.parametrize(("name", "split"), [("cola", "c"), (None, "s"), ("colla", None), ("default", None)])
def test_the_configuration_that_is_meant(cache: Path, name: str | None, split: str | None) -> None:
    listed = ", ".join(
        f"{{config_name: {one}, data_files: [{{split: {one[0]}, path: {one}-*}}]{more}}}"
        for one, more in (("cola", ""), ("sst2", ", default: true"))
    )
    keep(cache, "dataset", "a/b", {"README.md": f"---\nconfigs: [{listed}]\n---\n", "cola-0": "", "sst2-0": ""})
    data = OmegaConf.create({"path": "a/b", "name": name, "revision": None})
    if split:
        assert list(availability.fetch_data_set(data)[1] or []) == [split]
    else:
        with pytest.raises(DataError, match=rf"no configuration '{name}'\nSet data.name to one of cola, sst2"):
            availability.fetch_data_set(data)


@pytest.mark.parametrize(("name", "wanted"), [("colla", "configuration 'colla'"), (None, "default configuration")])
def test_nothing_is_fetched_for_a_configuration_that_is_not_there(
    tmp_path: Path, name: str | None, wanted: str
) -> None:
    card = tmp_path / "README.md"
    card.write_text("---\nconfigs: [{config_name: cola, data_files: t-*}, {config_name: ax, data_files: a-*}]\n---\n")
    data = OmegaConf.create({"path": "a/b", "name": name, "revision": None})
    with pytest.raises(DataError, match=f"'a/b' has no {wanted}"):
        availability._data_names(["README.md", "t-0", "u-0"], card, data)
