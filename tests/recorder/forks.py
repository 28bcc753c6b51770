"""Runs command lines of one tree, each in a fork of a process that has the libraries loaded: a script of its own.

It reads a task a line, as JSON, and answers each with its exit code. What the command writes goes to the task's files.
colactl itself is imported in the fork, so that nothing of one command is left for the next.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
from typing import Any

LIGHT = ("hydra", "hydra.core.plugins", "omegaconf", "rich.console", "rich.table", "typer", "typer.rich_utils", "yaml")
TORCH = ("torch", "pytorch_lightning", "transformers", "datasets")
POLL = 0.005  # seconds


def main() -> None:
    """Answers tasks until stdin ends."""
    for name in (*LIGHT, *(TORCH if sys.argv[1] == "torch" else ())):
        importlib.import_module(name)
    assert not [name for name in sys.modules if name.partition(".")[0] == "colactl"]
    for line in sys.stdin:
        task = json.loads(line)
        pid = os.fork()
        if not pid:
            _work(task)
        sys.stdout.write(f"{_wait(pid, task['timeout'])}\n")
        sys.stdout.flush()


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
