"""The data group alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from colactl.composition.compose import compose
from colactl.composition.data import compose_data, validate_data
from colactl.errors import ConfigError


def test_only_the_split_that_is_read_must_be_set() -> None:
    assert compose_data(["data=files", "data.validation=dev.tsv"], (), "validation").validation == "dev.tsv"
    assert "train" not in compose_data(["data=files", "data.validation=dev.tsv"], (), "validation")
    assert compose_data(["data=files", "data.train=[a.tsv,b.tsv]"], (), "train").train == ["a.tsv", "b.tsv"]
    with pytest.raises(ConfigError) as caught:
        compose_data(["data=files"], (), "validation")
    assert caught.value.faults == ("data=files: data.validation must be set: --set data.validation=VALUE.",)


def test_of_the_users_own_folders(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.yaml").write_text("source: files\nvalidation: ${oc.env:HOME}/x.tsv\n")
    found = compose_data(["data=mine"], [tmp_path], "validation")
    assert found.validation.endswith("/x.tsv")
    assert found.format == "auto"


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["model=bert"], "'model=bert' would have no effect"),
        (["data=cola", "+seed=1"], r"'\+seed=1' would have no effect"),
        (["data.seed=1,2"], "asks for several data sets"),
        (["data.seed=1"], "No override chooses the data"),
        ([], "No override chooses the data"),
        (["data=nope"], "has no option nope"),
        (["data=default", "data.seed=-1"], "data.seed must be an integer of at least 0"),
        (["~data"], "no data group"),
        (["data"], "a value is missing"),
    ],
)
def test_what_is_no_data_is_refused(overrides: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        compose_data(overrides, (), "validation")


def test_there_are_three_splits() -> None:
    with pytest.raises(ConfigError, match="no split 'dev'"):
        validate_data(compose().config.data, "dev")
