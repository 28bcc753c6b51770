"""Where data and talk go, whatever the streams are."""

from __future__ import annotations

import io
import sys

import pytest

from colactl.cli.output import Output


def test_data_is_utf_8_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    Output().json("für")
    Output().data("\udcfc")  # a path's own byte that is not UTF-8
    assert stdout.buffer.getvalue() == '"für"\n'.encode() + b"\xfc\n"
