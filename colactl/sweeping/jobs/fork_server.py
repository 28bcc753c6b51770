"""A process with the heavy libraries loaded, of which each job is a copy; `children` starts it as a module of its own.

It reads requests from stdin, a line of JSON each, and answers on stdout. `{"start": {"sweep", "index", "log",
"environment", "resume"}}` is answered by `{"started": pid}` and, once the job has ended, by `{"ended": returncode}`,
which is negative where a signal ended it. `{"signal": number}` is passed on to the job. The end of stdin is the end of
whoever asked, and of the job.
"""

from __future__ import annotations

import faulthandler
import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from colactl import tasks
from colactl.host.signals import STOP_SIGNALS
from colactl.sweeping.jobs.log import JobLog
from colactl.sweeping.jobs.work import work
from colactl.sweeping.sweep import Sweep

LOOK = 0.02  # seconds between two looks at whether the job has ended
ORPHAN_LOOK = 1.0  # seconds between a job's looks at whether its server is still there
# What a cluster sends to every process it finds, such as SIGUSR2 ahead of a time limit; run_job is who obeys.
BLOCKED = (*STOP_SIGNALS, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class Server:
    """Starts one job after the other.

    Args:
        requests: The file descriptor that they come from.
        answers: The one that says how they ended.
    """

    def __init__(self, requests: int, answers: int) -> None:
        self._requests, self._answers = requests, answers
        self._child: int | None = None
        self._log: JobLog | None = None
        self._unread = b""
        self._prepared = False

    def serve(self) -> None:
        """Until the other end is closed, if only by a kill."""
        while True:
            heard = [] if self._log is None else self._log.waiting()
            readable, _, _ = select.select([self._requests, *heard], [], [], None if self._child is None else LOOK)
            if self._requests in readable:
                received = os.read(self._requests, 1 << 16)
                if not received:
                    self._kill()
                    return
                *lines, self._unread = (self._unread + received).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            self._look()

    def _obey(self, request: dict[str, Any]) -> None:
        if "start" in request:
            self._start(**request["start"])
        elif self._child is not None and request["signal"] == signal.SIGKILL:
            self._kill()
        elif self._child is not None:
            os.kill(self._child, request["signal"])

    def _start(self, sweep: str, index: int, log: str, environment: dict[str, str], resume: bool) -> None:
        self._prepare(Path(sweep), index)
        try:
            said = JobLog(Path(log))
        except OSError as error:
            sys.stderr.write(f"Job {index} cannot write its log: {error}\n")
            self._answer({"ended": 1, "last": f"its log cannot be written: {error}"})
            return
        server = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._requests)
            os.close(self._answers)
            _be_the_job(Path(sweep), index, said, environment, resume, server)
        said.listen()
        self._log = said
        self._answer({"started": self._child})

    def _prepare(self, sweep: Path, index: int) -> None:
        """Does once what every copy would do again: jobs of a sweep mostly share their data."""
        if not self._prepared:
            self._prepared = True
            with suppress(Exception):  # the job itself will tell
                tasks.prepare(Sweep(sweep).job(index).resolved())

    def _look(self) -> None:
        if self._child is None or self._log is None:
            return
        self._log.write()
        ended, status = os.waitpid(self._child, os.WNOHANG)
        if ended:
            code, group, self._child = os.waitstatus_to_exitcode(status), self._child, None
            if code < 0:
                _end(group)  # what it has started and can no longer look after
            self._log.close()
            last, self._log = self._log.last, None
            self._answer({"ended": code, "last": last})

    def _answer(self, said: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):  # whoever asked is gone, as the end of its requests will say
            os.write(self._answers, json.dumps(said).encode() + b"\n")

    def _kill(self) -> None:
        if self._child is not None:
            _end(self._child)
            os.kill(self._child, signal.SIGKILL)  # it may have had no time yet to lead a group of its own


def _end(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that is gone
        os.killpg(group, signal.SIGKILL)


def _be_the_job(
    sweep: Path, index: int, log: JobLog, environment: dict[str, str], resume: bool, server: int
) -> NoReturn:
    """The copy's whole life; it leaves without the exit handlers of what it is a copy of."""
    code = 1
    try:
        os.setsid()  # a terminal's Ctrl-C is for the sweep alone
        log.speak()
        threading.Thread(target=_end_with, args=(server,), daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.environ.update(environment)
        faulthandler.enable()  # a segmentation fault says where in the log
        code = work(sweep, index, resume)
    except BaseException:  # nothing may come back into the server's own loop
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _end_with(server: int) -> None:
    """Ends a job that nobody looks after: its server was killed, as the system may do where memory runs out."""
    while os.getppid() == server:
        time.sleep(ORPHAN_LOOK)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Loads the libraries and serves."""
    signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
    requests, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # whatever prints is talk
    tasks.preload()
    Server(requests, answers).serve()


if __name__ == "__main__":
    main()
