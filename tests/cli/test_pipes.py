"""The commands that work, for real, in a pipe whose environment asks for colours: data on stdout, talk on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EAGER = dict.fromkeys(("GITHUB_ACTIONS", "FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "TTY_COMPATIBLE"), "1")


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
