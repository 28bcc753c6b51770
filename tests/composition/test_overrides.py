"""Overrides that take too long to parse."""

from __future__ import annotations

import time

import pytest

from colactl.composition.compose import compose
from colactl.errors import ConfigError

SOON = 5  # seconds of this process, whatever else the machine does


@pytest.mark.parametrize(
    "value", ["[1" + ",1" * 5000 + "]", "[" * 60 + "]" * 60, "x" * 70_000, "a(" * 200, "1" * 5000, "'\udcff'"]
)
def test_an_override_that_is_too_much(value: str) -> None:
    begun = time.process_time()
    with pytest.raises(ConfigError):
        compose([f"+a={value}"])
    assert time.process_time() - begun < SOON


def test_brackets_in_quotes_are_no_levels() -> None:
    assert compose([f"+a='{'[' * 100}'"]).config.a == "[" * 100
