"""What scripts rely on: streams, exit codes and escape bytes, in real processes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from colactl.cli.app import app
from colactl.cli.output import Output
from tests.conftest import ROOT, Completed
from tests.terminal import on_terminal, plain

Colactl = Callable[..., Completed]
ESCAPE = "\x1b"


def test_a_terminal_gets_colours() -> None:
    _, shown = on_terminal("show-config")
    assert ESCAPE.encode() in shown
    assert "batch_size" in plain(shown)


def test_a_terminal_gets_a_tree() -> None:
    shown = plain(on_terminal("list-groups", "model=bert")[1])
    assert "● bert" in shown
    assert "(default)" in shown
    assert "in force" in shown


def test_an_error_is_a_line_or_two_without_a_traceback(colactl: Colactl) -> None:
    done = colactl("train", "model=brt")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2
    assert "Traceback" in colactl("train", "model=brt", COLACTL_TRACEBACK="1").stderr


def test_a_reader_that_goes_away(colactl: Colactl) -> None:
    command = f"{sys.executable} -m colactl list-groups | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("callbacks=default\n", "")


def test_json_is_all_there_is_on_stdout(colactl: Colactl) -> None:
    assert isinstance(json.loads(colactl("show-config", "--json").stdout), dict)


def test_a_terminal_that_is_not_utf_8(colactl: Colactl) -> None:
    done = colactl("train", "model=ü", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_closed_stdout(colactl: Colactl) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m colactl show-config >&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_stderr_loses_no_exit_code_and_pollutes_no_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    Output().talk("to a person")
    with pytest.raises(SystemExit) as caught:
        app(["train", "model=brt"])
    assert caught.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("command", ["list-groups", "show-config --json"])
def test_a_full_disk_behind_stdout(command: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shell = f"{sys.executable} -m colactl {command} > /dev/full"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (1, "colactl: stdout cannot be written: No space left on device.\n")


def test_data_is_utf_8_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    Output().json("für")
    Output().data("\udcfc")  # a path's own byte that is not UTF-8
    assert stdout.buffer.getvalue() == '"für"\n'.encode() + b"\xfc\n"
