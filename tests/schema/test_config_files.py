from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from colactl.schema.config_files import check, config_dir, key_comments, load


def test_what_anchors_are_for(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("a: &a {x: 1, y: [2]}\nb: {<<: *a, x: 3}\nc: *a\n1: int\n'2': text\np: !!str 1\n")
    assert OmegaConf.to_container(load(file)) == yaml.safe_load(file.read_text())
    assert check(file) == 32


def test_the_files_that_omegaconf_writes_are_read(tmp_path: Path) -> None:
    config = OmegaConf.create({"path": Path("a/b"), "bytes": b"\0\1", "text": "a: b\n'"})
    OmegaConf.save(config, tmp_path / "saved.yaml")
    assert load(tmp_path / "saved.yaml") == config


def test_every_shipped_file_is_far_from_its_bounds() -> None:
    sizes = [check(file) for file in config_dir().rglob("*.yaml")]
    assert len(sizes) > 20
    assert 2 < max(sizes) < 100


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        (
            "a: 1  # one\nb:  # two\n  c: '# no'\n  d: {e: 1}  # three\n",
            ["a one", "b two", "b.c ", "b.d three", "b.d.e three"],
        ),
        ("# only this\n", []),
        ("", []),
    ],
)
def test_the_comments_of_keys(text: str, comments: list[str]) -> None:
    assert [f"{path} {comment}" for path, comment in key_comments(text).items()] == comments
