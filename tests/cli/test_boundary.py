"""Errors as they are shown: all at once, each with what to type instead, and with their exit codes."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest

from colactl.__main__ import main
from colactl.cli.app import app
from colactl.cli.output import Output
from colactl.errors import ConfigError
from tests.conftest import Completed
from tests.terminal import invoke, refused

Colactl = Callable[..., Completed]
EXAMPLE = """\
colactl: This cannot be used:
  1. modle=bert: there is no group modle; did you mean model=bert?
  2. model=brt: the group model has no option brt; did you mean model=bert?
  3. training.max_epochs=abc: training.max_epochs must be an integer of at least 0, or -1 for no limit; \
training.max_epochs=8 would do.
  4. max_epochs=3: there is no group or key max_epochs; did you mean training.max_epochs=3?
  5. +training.max_epoch=1: training.max_epoch is not a key of training; did you mean training.max_epochs=1?
Run `colactl show-config` to see the keys, and `colactl list-groups` the groups and their options.
"""


WRONG = ("modle=bert", "model=brt", "training.max_epochs=abc", "max_epochs=3", "+training.max_epoch=1")


def test_five_errors_at_once(colactl: Callable[..., Completed]) -> None:
    done = colactl("train", *(word for override in WRONG for word in ("--set", override)))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", EXAMPLE)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("command", ["show-config", "sweep", "list-groups"])
def test_other_commands_tell_them_too(command: str) -> None:
    result = invoke(command, *WRONG)
    assert result.exit_code == 2
    assert result.stderr.count("did you mean") == 4


def test_a_search_tells_them_too() -> None:
    result = invoke("sweep", "--trials", "2", "optimizer.lrr=interval(1e-5,1e-3)", "modle=bert")
    assert (result.exit_code, list(Path().iterdir())) == (2, [])
    assert "did you mean 'optimizer.lr=interval(1e-5,1e-3)'?" in result.stderr
    assert "did you mean model=bert?" in result.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trian", "Did you mean 'train'?"),
        ("list", "Did you mean 'list-groups'?"),
        ("model=bert seed=3", "Overrides go after a command: colactl train model=bert seed=3"),
        ("train --qiet", "No such option: --qiet. Did you mean --quiet?"),
        ("train --confg-dir x", "Did you mean --config-dir?"),
        ("sweep --trails 3", "Did you mean --trials?"),
        ("--verion", "Did you mean --version?"),
        ("--strict train", "No such option: --strict. It goes after the command: colactl train --strict."),
        ("--json sweep seed=1,2", "It goes after the command: colactl sweep --json."),
        ("train --dry-run", "`colactl sweep` has it, and `colactl train` has not. `colactl show-config` checks"),
        ("diff --json x y --trials 2", "`colactl sweep` has it, and `colactl diff` has not."),
        ("show-config --package trainin", "Did you mean --package training?"),
        ("show-config --package training.max_epoch", "Did you mean --package training.max_epochs?"),
        ("train --epochs 3", "Did you mean --set training.max_epochs=3?"),
        ("train model=bert --learning-rate=1e-3", "Did you mean --set optimizer.lr=1e-3?"),
        ("sweep --batch-size 8,16 seed=1", "Did you mean --set processing.batch_size=8,16?"),
        ("train --seed 3", "Did you mean --set seed=3?"),
        ("sweep seed=1,2 --jobs 2", "Did you mean --set hydra/launcher=joblib --set hydra.launcher.n_jobs=2?"),
        ("show-config --model bert", "Did you mean --set model=bert?"),
        ("train --lr", "Did you mean --set optimizer.lr=VALUE?"),
        ("evaluate x --epochs 3", "No such option: --epochs "),
    ],
)
def test_what_was_meant_on_the_command_line(line: str, said: str) -> None:
    assert said in refused(*line.split())


def test_an_error_is_a_line_or_two_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    done = invoke("train", "model=brt")
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 2
    monkeypatch.setenv("COLACTL_TRACEBACK", "1")
    assert "Traceback" in invoke("train", "model=brt").stderr


def test_a_terminal_that_is_not_utf_8(colactl: Colactl) -> None:
    done = colactl("train", "model=ü", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_closed_stderr_loses_no_exit_code_and_pollutes_no_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    Output().talk("to a person")
    with pytest.raises(SystemExit) as caught:
        app(["train", "model=brt"])
    assert caught.value.code == 2
    assert capsys.readouterr().out == ""


def test_ctrl_c_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colactl.composition.compose.compose", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    done = invoke("show-config")
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "colactl: interrupted.\n")


def test_ctrl_c_before_the_command_line_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Pressed(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name == "colactl.cli.app":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "colactl.cli.app")
    monkeypatch.setattr(sys, "meta_path", [Pressed(), *sys.meta_path])
    with pytest.raises(SystemExit, match="130"):
        main()
    assert capsys.readouterr() == ("", "colactl: interrupted.\n")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 500), 2, f"File name too long: {'a' * 200}."),
        (ValueError("embedded null byte"), 2, "A name holds a NUL byte."),
        (RuntimeError("Could not determine home directory."), 2, "The user named after ~ does not exist."),
        (KeyError("mcc"), 1, "unexpected error: KeyError: 'mcc'\nRun again with COLACTL_TRACEBACK=1 to see"),
        (ConfigError("Wrong.", "Type this."), 2, "Wrong.\nType this."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_becomes_a_message_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, message: str
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("colactl.composition.compose.compose", fails)
    assert refused("show-config", code=code).startswith(f"colactl: {message}")


def test_a_secret_in_an_error_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_very_secret")
    assert "hf_very_secret" not in refused("show-config", "nope=hf_very_secret")
