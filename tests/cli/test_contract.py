"""What scripts rely on, of every command: streams, exit codes and escape bytes. The list comes from the application."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from colactl import __version__
from colactl.cli.app import app
from colactl.composition.hydra_port import VERSION_BASE
from tests.conftest import ROOT, Completed
from tests.made_sweeps import made_run, result
from tests.terminal import invoke, on_terminal, refused

Colactl = Callable[..., Completed]
COMMANDS = list(get_command(app).commands)
EAGER = dict.fromkeys(("GITHUB_ACTIONS", "FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "TTY_COMPATIBLE"), "1")
# Runs many commands in one process, whose streams are what the caller made them.
MANY = """
import sys
from colactl.__main__ import _open_closed_streams
_open_closed_streams()
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
LINES += [["nope"], ["runs", "run"]]
DATA = "a\t1\t\tThe cat sleeps.\nb\t0\t*\tCat the sleeps.\n"


@pytest.fixture(scope="module")
def model(write_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def files(model: Path) -> None:
    """A model, data, and a run that is done, in the working directory."""
    Path("model").symlink_to(model)
    Path("dev.tsv").write_text(DATA * 4)
    made_run(Path("run"), ["seed=1"], result(0.5))


def test_version() -> None:
    assert invoke("--version").stdout == f"colactl {__version__}\n"


def test_help_is_about_every_command() -> None:
    assert "Train, evaluate, use and sweep classifiers" in invoke("--help").stdout
    assert "{RUN_OR_MODEL} [RUN_OR_MODEL]" in invoke("evaluate", "--help").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_quiet_is_taken_and_an_unknown_option_is_refused(command: str) -> None:
    assert "--quiet" in invoke(command, "--help").stdout
    assert "--nope" in refused(command, "--nope")


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
    done = invoke(*words, "--quiet")
    assert done.stdout
    assert done.stderr == ""


def test_no_escape_byte_in_a_pipe_whatever_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    for name, value in {**EAGER, "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    made_run(Path("run"), ["seed=1"], result(0.5))
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
    warned, quiet = invoke(*words), invoke(*words, "--quiet")
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


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("evaluate model --set data=files --set data.validation=dev.tsv", 1),
        ("predict model a", 1),
        ("sweep --dry-run seed=1,2", 1),
        ("show-config --json", 1),
        ("list-groups", 1),
        ("runs run", 1),
        ("diff model=bert seed=1", 2),  # where 1 says that they differ
    ],
)
def test_a_full_disk_behind_stdout(words: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as caught:
            app(words.split())
    assert caught.value.code == code


def test_a_reader_that_goes_away(colactl: Colactl) -> None:
    command = f"{sys.executable} -m colactl list-groups | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("callbacks=default\n", "")


def test_a_closed_stdout(colactl: Colactl) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m colactl show-config >&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def piped(*words: str) -> tuple[str, str]:
    """Runs a command; gives what it wrote to stdout and to stderr."""
    done = subprocess.run([sys.executable, "-m", "colactl", *words], stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr, words
    return done.stdout.decode(), done.stderr.decode()


def quiet(*words: str) -> str:
    stdout, stderr = piped(*words, "--quiet")
    assert stderr == "", words
    return stdout


def data(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(piped(*words)[0])
    return found


@pytest.mark.slow
def test_no_escape_byte_and_only_data_on_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    """On one run, with W&B, that all share: each command talks once, with JSON, and is silent once."""
    monkeypatch.delenv("NO_COLOR")
    for name, value in {**EAGER, "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    stdout, stderr = piped("train", "--json", "training=debug", "hydra.run.dir=run")
    told = json.loads(stdout)
    assert told["result"] == json.loads(Path("run/result.json").read_text())
    assert "batch_size: 64" in stderr  # the config, in a frame
    assert quiet("train", "training=debug", "hydra.run.dir=other") == f"{Path('other').absolute()}\n"
    assert data("evaluate", "run", "--json")["models"][0]["model"] == "run"
    assert "MCC" in quiet("evaluate", "run")
    assert quiet("predict", "run", "The cat sleeps.").endswith("\tThe cat sleeps.\n")
    assert [job["folder"] for job in data("runs", ".", "--json")["jobs"]] == [
        str(Path(name).absolute()) for name in ("other", "run")
    ]
    assert "MCC" in quiet("runs", ".")
    stdout, stderr = piped("sweep", "--json", "training=debug", "seed=0", "hydra.sweep.dir=swept")
    assert [job["status"] for job in json.loads(stdout)["jobs"]] == ["done"]
    assert "1 of 1 done" in stderr
    assert quiet("sweep", "--resume", "swept") == f"{Path('swept').absolute()}\n"
