"""What scripts rely on, of every command that there is: the list comes from the application itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from colactl.cli.app import app
from colactl.composition.hydra_port import VERSION_BASE
from tests.conftest import ROOT, Completed
from tests.terminal import on_terminal

COMMANDS = list(get_command(app).commands)
EAGER = dict.fromkeys(("GITHUB_ACTIONS", "FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "TTY_COMPATIBLE"), "1")
# Runs many commands in one process, whose streams are what the caller made them.
MANY = """
import sys
from colactl.__main__ import _open_what_is_closed
_open_what_is_closed()
from colactl.cli.app import app
for words in {lines!r}:
    try:
        app(words, prog_name="colactl")
    except SystemExit as end:
        assert end.code in (0, 1, 2, 3), (words, end.code)
open("reached", "w").close()
"""
LINES = [[command, "--help"] for command in COMMANDS] + [[command, "--nope"] for command in COMMANDS]
LINES += [["--help"], ["--version"], ["list-groups"], ["show-config"], ["diff", "", "seed=1"], ["train", "model=brt"]]
LINES += [["list-groups", "--json"], ["train", "seed=x"], ["evaluate", "./nope"], ["predict", "./nope", "A sentence."]]
LINES += [["nope"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_quiet_is_taken_and_an_unknown_option_is_refused(command: str) -> None:
    assert "--quiet" in CliRunner().invoke(app, [command, "--help"]).stdout
    done = CliRunner().invoke(app, [command, "--nope"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--nope" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["show-config"],
        ["list-groups"],
        ["diff", "", "seed=1"],
        ["copy-config", "config"],
        ["sweep", "--dry-run", "seed=1,2"],
    ],
    ids=" ".join,
)
def test_quiet_leaves_stderr_empty(words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--quiet"])
    assert done.stdout
    assert done.stderr == ""


def test_no_escape_byte_in_a_pipe_whatever_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    for name, value in {**EAGER, "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-c", MANY.format(lines=LINES)], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_stop_nothing(closed: str) -> None:
    Path("many.py").write_text(MANY.format(lines=LINES))
    subprocess.run(f"{sys.executable} many.py {closed}", shell=True, capture_output=True, timeout=60, check=True)
    assert Path("reached").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["--help", "train --help", "--version", "list-groups", "show-config", "diff '' seed=1"]
)
def test_a_reader_that_goes_away_at_once(words: str) -> None:
    shell = f"{sys.executable} -m colactl {words} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [1, 20, 500])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_no_terminal_makes_it_crash(columns: int, encoding: str) -> None:
    for words in (["--help"], ["list-groups"], ["diff", "", "seed=1"], ["train", "model=ü"], ["train", "--nope"]):
        code, shown = on_terminal(*words, columns=columns, PYTHONIOENCODING=encoding)
        assert code == {"diff": 1, "train": 2}.get(words[0], 0)
        assert b"Traceback" not in shown
        assert b"unexpected error" not in shown


@pytest.mark.parametrize("columns", ["99999", "9" * 5000, "²"], ids="{:.6}".format)
def test_no_width_in_the_environment_makes_it_crash_or_fill_a_disk(
    columns: str, colactl: Callable[..., Completed]
) -> None:
    done = colactl("--help", COLUMNS=columns)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 500


@pytest.mark.skipif(not VERSION_BASE, reason="Hydra 1.4 warns of nothing in a config that is accepted")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("command", ["show-config", "list-groups", "sweep --dry-run"])
def test_what_a_library_warns_of_is_talk(command: str) -> None:
    Path("mine.yaml").write_text("defaults: [config]\nseed: 3\n")  # Hydra misses a _self_ there
    words = [*command.split(), "--config-dir", ".", "--config-name", "mine"]
    warned, quiet = CliRunner().invoke(app, words), CliRunner().invoke(app, [*words, "--quiet"])
    assert warned.exit_code == quiet.exit_code == 0
    assert warned.stdout == quiet.stdout
    assert warned.stderr.startswith("In 'mine': Defaults list is missing `_self_`.")
    assert "defaults_list.py" not in warned.stderr
    assert quiet.stderr == ""


def test_a_terminal_that_lacks_a_letter() -> None:
    code, shown = on_terminal("list-groups", PYTHONIOENCODING="latin-1")
    assert code == 0
    assert b"? " in shown


@pytest.mark.parametrize("words", ["--help", "train --help", "--version"])
def test_help_on_a_full_disk_is_a_line(words: str) -> None:
    shell = f"{sys.executable} -m colactl {words} > /dev/full"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "colactl: nothing can be written: No space left on device.\n")
