from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import _utils as omegaconf_utils

from colactl.schema.key_path import ABSENT, dotted, keys_of, look_up, select, split_key


@given(st.text(st.sampled_from("ab1.[]_-\n"), max_size=12))
def test_a_path_is_split_as_omegaconf_does(path: str) -> None:
    assert split_key(path) == omegaconf_utils.split_key(path)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ((), ""),
        (("training", "max_epochs"), "training.max_epochs"),
        (("optimizer", "betas", 0), "optimizer.betas.0"),
        (("a", "1", 1), 'a["1"].1'),
        (("a.b", "c d"), '["a.b"]["c d"]'),
        (("true", True, None, 1.5), '["true"][true][null][1.5]'),
        (("größe", "x-y/z"), "größe.x-y/z"),
    ],
)
def test_the_text_of_a_place(place: tuple[Any, ...], path: str) -> None:
    assert dotted(place) == path


def test_what_stands_at_a_place() -> None:
    plain = {"a": {"b": None, "c": [1]}, "d": 2}
    assert look_up(plain, ("a", "b")) is None
    assert look_up(plain, ("a", "x")) is look_up(plain, ("d", "x")) is select(plain, "a.c.0") is ABSENT
    assert select(plain, "a.c") == [1]
    assert list(keys_of(plain)) == ["a", "a.b", "a.c", "d"]
