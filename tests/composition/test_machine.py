"""What a config asks of this machine: told before training, and not where a config is only shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from colactl.composition.compose import compose, compose_and_validate
from colactl.composition.machine import VISIBLE, lacks, visible
from colactl.composition.validate import validate
from colactl.errors import ColactlError, ConfigError, DataError


def told(*overrides: str) -> ColactlError:
    with pytest.raises(ColactlError) as caught:
        compose_and_validate(overrides)
    validate(compose(overrides).config)  # as show-config does
    return caught.value


@pytest.mark.parametrize(
    ("accelerator", "system", "environment", "files", "lacking"),
    [
        ("gpu", "linux", {}, [], "GPU"),
        ("cuda", "linux", {}, [], "GPU"),
        ("cuda", "linux", {VISIBLE: "0"}, [], "GPU"),
        ("gpu", "linux", {VISIBLE: ""}, ["nvidia0"], f"GPU in sight: {VISIBLE} is ''"),
        ("gpu", "linux", {VISIBLE: "-1"}, ["nvidia0"], f"GPU in sight: {VISIBLE} is '-1'"),
        ("mps", "linux", {}, ["nvidia0"], "GPU of Apple's"),
        ("cuda", "darwin", {}, [], "GPU"),
        ("gpu", "linux", {}, ["nvidia0"], None),
        ("gpu", "linux", {VISIBLE: "0"}, ["nvidia0"], None),
        ("gpu", "linux", {}, ["dxg"], None),
        ("gpu", "linux", {}, ["kfd"], None),
        ("gpu", "linux", {}, ["nvgpu"], None),
        ("auto", "linux", {}, [], None),
        ("cpu", "linux", {VISIBLE: ""}, [], None),
        ("tpu", "linux", {}, [], None),
    ],
)
def test_only_what_is_certain(
    accelerator: str, system: str, environment: dict[str, str], files: list[str], lacking: str | None, tmp_path: Path
) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert lacks(accelerator, system, environment, tmp_path / "driver", tmp_path) == lacking


def test_a_gpu_that_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "")
    error = told("training=gpu")
    assert error.faults == (
        f"training=gpu: training.accelerator is gpu, and this machine has no GPU in sight: {VISIBLE} is ''; "
        "training.accelerator=auto would do.",
    )


def test_files_that_are_not_there() -> None:
    Path("train.tsv").touch()
    Path("here.tsv").touch()
    error = told("data=files", "data.train=trian.tsv", "data.validation=[here.tsv,/nope/in.tsv]", "data.test=x*.tsv")
    assert isinstance(error, DataError)
    assert error.faults == (
        f"data.train=trian.tsv: there is no file trian.tsv in {Path.cwd()}; did you mean data.train=train.tsv?",
        "data.validation=[here.tsv,/nope/in.tsv]: there is no file /nope/in.tsv.",
        f"data.test=x*.tsv: there is no file x*.tsv in {Path.cwd()}, and patterns are not expanded: "
        "give a list of files.",
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    error = told("data=files", "data.train=.", f"data.validation=[{tmp_path}]")
    assert isinstance(error, DataError)
    names = "is a folder: name the files in it, as a list if they are several."
    assert error.faults == (f"data.train=.: . {names}", f"data.validation=[{tmp_path}]: {tmp_path} {names}")


def test_any_other_fault_wins() -> None:
    error = told("data=files", "data.train=trian.tsv", "data.validation=v.tsv", "training.accelerator=mps")
    assert isinstance(error, ConfigError)
    assert len(error.faults) == 3


def test_files_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tsv").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    quoted = "data.validation='~/a.tsv'"
    compose_and_validate(["data=files", f"data.train={tmp_path}/a.tsv", quoted])


@pytest.mark.parametrize(
    ("config", "most"),
    [
        ({"max_position_embeddings": 40}, 40),
        ({"n_positions": 40}, 40),
        ({"model_type": "roberta", "max_position_embeddings": 40, "pad_token_id": 1}, 38),
        ({"max_position_embeddings": 64}, None),
        ({"max_position_embeddings": -1}, None),
        ({"hidden_size": 1}, None),
        ([], None),
    ],
)
def test_the_positions_of_a_local_model(config: object, most: int | None, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    overrides = ["model=transformers", f"model.name={tmp_path}"]
    if most is None:
        compose_and_validate(overrides)
    else:
        (fault,) = told(*overrides).faults
        assert fault == (
            f"model.name={tmp_path}: processing.max_length is 64, and the model in {tmp_path} takes at most {most} "
            f"tokens; processing.max_length={most} would do."
        )


@pytest.mark.parametrize(
    ("value", "names"),
    [("0,1", ("0", "1")), ("", ()), ("3", ("3",)), ("GPU-8a, GPU-9b", ("GPU-8a", "GPU-9b")), ("2,-1,0", ("2",))],
)
def test_gpus_that_the_environment_names(value: str, names: tuple[str, ...]) -> None:
    assert visible({VISIBLE: value}) == names


def test_gpus_that_the_machine_shows(tmp_path: Path) -> None:
    driver, nodes = tmp_path / "driver", tmp_path / "dev"
    assert visible({}, driver, nodes) == ()
    for bus in ("0000:01:00.0", "0000:02:00.0", "0000:03:00.0"):
        (driver / bus).mkdir(parents=True)
    assert visible({}, driver, nodes) == ("0", "1", "2")
    nodes.mkdir()
    for name in ("nvidia2", "nvidia3", "nvidiactl", "nvidia-uvm", "nvidia0cap"):
        (nodes / name).touch()
    assert visible({}, driver, nodes) == ("0", "1")
