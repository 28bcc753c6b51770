"""Runs command lines of one tree, each in a fork of a process that has imported what they need: a script of its own.

Such a fork begins at once, and nothing of one command is left for the next. The script reads a task a line, as JSON,
and answers each with its exit code. What the command writes goes to the task's files.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

# Commands whose modules are imported before the first task; a fork runs them to see which ones these are.
LIGHT = (
    "show-config",
    "show-config modle=x",
    "list-groups",
    "diff a seed=1",
    "sweep --dry-run seed=1,2",
    "runs .",
    "train -h",
)
QUICK = "training=debug training.threads=1 callbacks.plots=false callbacks.export=false logger=csv"
TORCH = (f"train -q hydra.run.dir=r {QUICK}", "evaluate -q r", "predict -q r a")
POLL = 0.005  # seconds


def main() -> None:
    """Answers tasks until stdin ends."""
    _import_ahead([*LIGHT, *(TORCH if sys.argv[1] == "torch" else ())])
    for line in sys.stdin:
        task = json.loads(line)
        pid = os.fork()
        if not pid:
            _work(task)
        sys.stdout.write(f"{_wait(pid, task['timeout'])}\n")
        sys.stdout.flush()


def _import_ahead(commands: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder, "names")
        pid = os.fork()
        if not pid:
            os.chdir(folder)
            for number in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
            for command in commands:
                _exit_code(["colactl", *command.split()])
            names.write_text("\n".join(sys.modules))
            os._exit(0)
        os.waitpid(pid, 0)
        for name in names.read_text().splitlines():
            with suppress(Exception):  # some are names that a library gives to what is no module
                importlib.import_module(name)


def _wait(pid: int, timeout: float) -> int:
    """Waits for a fork; returns its exit code, or minus the signal that ended it."""
    deadline = time.monotonic() + timeout
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            deadline += timeout
        time.sleep(POLL)


def _work(task: dict[str, Any]) -> None:
    code = 70  # EX_SOFTWARE, where not even the command line could be started
    try:
        for number, (name, mode) in enumerate(
            (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))
        ):
            os.dup2(os.open(task[name], mode), number)
        os.chdir(task["cwd"])
        os.environ.clear()
        os.environ.update(task["environment"])
        sys.path[0:0] = task["environment"]["PYTHONPATH"].split(os.pathsep)
        code = _exit_code(task["words"])
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _exit_code(words: list[str]) -> int:
    try:
        if words[0] == "python":
            exec(compile(words[1], "<case>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = words
            from colactl.__main__ import main as command_line

            command_line()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
