"""What is printed to be typed, typed into real shells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colactl import shell
from colactl.composition.compose import compose
from colactl.composition.overrides import as_text
from colactl.errors import ConfigError
from colactl.sweeping.folder import resume_command
from tests.conftest import ROOT

SHELLS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"))
    for name in ("bash", "zsh", "fish")
]
TEXTS = (
    *("it's", "a(b", "a=b", "~x", "$HOME", "`id`", "a\\", "\\'", "a\\'b", 'a"b', "!x", "a b", "a\\\\b"),
    "é;&|<>*?[]{}#",
)


def words(name: str, typed: str) -> list[str]:
    """What a shell makes of arguments."""
    done = subprocess.run([name, "-c", f"printf '%s\\0' {typed}"], capture_output=True, text=True, check=True)
    return done.stdout.split("\0")[:-1]


@pytest.mark.parametrize("name", SHELLS)
def test_an_argument_arrives_as_it_is(name: str) -> None:
    arguments = ["--set", "~training", *TEXTS, *(f"model.name={as_text(text)}" for text in TEXTS)]
    assert words(name, shell.joined(arguments, name)) == arguments


def test_what_needs_no_quotes_has_none() -> None:
    assert shell.joined(["colactl", "train", "model=bert", "+a.b=1e-3", "x@y=a,b"]) == (
        "colactl train model=bert +a.b=1e-3 x@y=a,b"
    )


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("value", ["it's $5", "a(b", "it's"])
def test_the_override_of_an_error_can_be_pasted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "shell_in_use", lambda: name)
    with pytest.raises(ConfigError) as caught:
        compose(["model=bert", f"model.name={value}"])
    (override,) = words(name, caught.value.message.partition("as a plain text it is ")[2])
    assert compose(["model=bert", override]).config.model.name == value


@pytest.mark.parametrize("name", SHELLS)
def test_the_command_that_goes_on_can_be_pasted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "shell_in_use", lambda: name)
    folder = Path("/it's \\' here")
    assert words(name, resume_command(folder)) == ["colactl", "sweep", "--resume", str(folder)]


def test_every_command_to_type_is_quoted_for_the_shell_in_use() -> None:
    users = [file for file in (ROOT / "colactl").rglob("*.py") if "shlex.quote(" in file.read_text()]
    assert {file.name for file in users} == {"shell.py", "shells.py"}  # the one piece, and completion, which is of zsh


@pytest.mark.parametrize("name", SHELLS)
def test_the_shell_in_use_is_known(name: str) -> None:
    program = "from colactl.shell import shell_in_use; print(shell_in_use())"
    command = f"cd {ROOT}; {sys.executable} -c '{program}'; true"  # true, or the shell would give way to Python
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "SHELL": "/bin/wrong"}
    done = subprocess.run([name, "-c", command], capture_output=True, text=True, env=environment)
    assert done.stdout == f"{name}\n", done.stderr
