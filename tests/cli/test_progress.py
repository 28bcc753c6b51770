"""The progress bar: how far it is and how many sentences, for a person alone."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colactl.cli.options import Request
from colactl.cli.output import Output
from colactl.cli.predict import progress_bar
from colactl.cli.sweep import sweep
from colactl.sweeping.policy import Policy
from colactl.training.scoring.predictions import Lines, open_lines
from tests.terminal import Terminal


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Terminal]]:
    opened: list[Terminal] = []

    def start() -> Terminal:
        opened.append(Terminal(monkeypatch))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_a_file_has_its_share_and_a_pipe_its_count(terminal: Callable[[], Terminal]) -> None:
    screen = terminal()
    Path("lines.txt").write_text("The cat sleeps.\n" * 1500)
    with open_lines(Path("lines.txt")) as lines, progress_bar(Output(), lines, Path("out.txt")) as add:
        for _ in lines:
            pass
        add(1000)
        add(500)
    last = screen.shown().splitlines()[-1]
    assert "100%" in last
    assert "1,500 sentences" in last
    with progress_bar(Output(), Lines(io.BytesIO(b"a\n"), "stdin"), None) as add:
        add(7)
    assert "7 sentences" in screen.shown()


@pytest.mark.parametrize("why", ["quiet", "nothing to wait for", "data on the same terminal", "nobody looks"])
def test_silence(terminal: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    screen = terminal()
    source = None if why == "nothing to wait for" else Lines(io.BytesIO(), "stdin")
    monkeypatch.setattr(sys, "stdout", sys.stderr if why == "data on the same terminal" else io.StringIO())
    log = io.StringIO()
    if why == "nobody looks":
        monkeypatch.setattr(sys, "stderr", log)
    with progress_bar(Output(quiet=why == "quiet"), source, None) as add:
        add(7)
    assert screen.shown() + log.getvalue() == ""


@pytest.mark.parametrize("quiet", [False, True])
def test_a_person_is_told_that_a_sweep_is_planned(
    terminal: Callable[[], Terminal], quiet: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    screen = terminal()
    sweep(Request(("seed=1,2",), "config", ()), Output(quiet), Policy(), dry_run=True)
    assert ("Planning the jobs" in screen.shown()) == (not quiet)
    assert capfd.readouterr().out == "0: seed=1\n1: seed=2\n"


def test_a_log_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    sweep(Request(("seed=1,2",), "config", ()), Output(), Policy(), dry_run=True)
    assert capfd.readouterr().err == ""
