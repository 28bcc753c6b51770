"""A process with the heavy libraries loaded, of which each job is a copy, and the client that starts it.

The server reads requests from stdin, a line of JSON each, and answers on stdout. `{"start": {"sweep", "index", "log",
"environment", "resume"}}` is answered by `{"started": pid}` and, once the job has ended, by `{"ended": returncode}`,
which is negative where a signal ended it. `{"signal": number}` is passed on to the job. The end of stdin
is the end of the client, and of the job.
"""

from __future__ import annotations

import faulthandler
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from colactl import tasks
from colactl.host.processes import import_path
from colactl.host.signals import STOP_SIGNALS
from colactl.sweeping.folder import Sweep
from colactl.sweeping.jobs.log import JobLog
from colactl.sweeping.jobs.process import train_job

LOOK = 0.02  # seconds between two looks at whether the job has ended
ORPHAN_LOOK = 1.0  # seconds between a job's looks at whether its server is still there
# What a cluster sends to every process it finds, such as SIGUSR2 ahead of a time limit; `worker` obeys it.
BLOCKED = (*STOP_SIGNALS, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class ForkServer:
    """A fork server as its client sees it, and the one job at a time that it has started.

    Attributes:
        log: Where it writes what it has to say.
        started: When the job began, in seconds of `time.monotonic`; None while the server still loads libraries.
        last: The last line that the job said, once it has ended.

    Args:
        log: Where it writes what it has to say, such as why a library cannot be loaded.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.started: float | None = None
        self.last = ""
        with log.open("ab") as log_file:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "colactl.sweeping.jobs.fork_server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # a line in a buffer is none that `select` sees
                stderr=log_file,
                env={**os.environ, "PYTHONPATH": import_path()},
                start_new_session=True,  # a terminal's Ctrl-C is not for it
            )

    def alive(self) -> bool:
        """Whether it takes requests."""
        return self._process.poll() is None

    def start(self, **job: Any) -> None:
        """Starts a job: see the module for its arguments."""
        self.started = None
        self._ask({"start": job})

    def signal(self, number: int) -> None:
        """Passes a signal on to the job; SIGKILL goes to all that it has started, too."""
        self._ask({"signal": number})

    def wait(self, seconds: float) -> int | None:
        """Waits for the job's end for so long.

        Returns:
            Its exit code, negative where a signal ended it, or None where it still runs.

        Raises:
            ChildProcessError: The server has died, and the job with it.
        """
        assert self._process.stdout is not None  # it is a pipe
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not readable:
            return None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise ChildProcessError(f"the process that starts jobs ended with {self._process.returncode}")
        answer = json.loads(line)
        if "started" in answer:
            self.started = time.monotonic()
            return None
        self.last = str(answer.get("last", ""))
        return int(answer["ended"])

    def close(self) -> None:
        """Ends it, and the job if one runs."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both are pipes
        self._process.wait()

    def _ask(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # it is a pipe
        with suppress(BrokenPipeError):  # `wait` says that it has died
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()


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
            outputs = [] if self._log is None else self._log.descriptors()
            readable, _, _ = select.select([self._requests, *outputs], [], [], None if self._child is None else LOOK)
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
            job_log = JobLog(Path(log))
        except OSError as error:
            sys.stderr.write(f"Job {index} cannot write its log: {error}\n")
            self._answer({"ended": 1, "last": f"its log cannot be written: {error}"})
            return
        server = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._requests)
            os.close(self._answers)
            _run_job(Path(sweep), index, job_log, environment, resume, server)
        job_log.close_write_end()
        self._log = job_log
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

    def _answer(self, answer: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):  # the client is gone, as the end of its requests will say
            os.write(self._answers, json.dumps(answer).encode() + b"\n")

    def _kill(self) -> None:
        if self._child is not None:
            _end(self._child)
            os.kill(self._child, signal.SIGKILL)  # it may have had no time yet to lead a group of its own


def _end(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that is gone
        os.killpg(group, signal.SIGKILL)


def _run_job(sweep: Path, index: int, log: JobLog, environment: dict[str, str], resume: bool, server: int) -> NoReturn:
    """Runs a job in the copy, which exits without the exit handlers of the server."""
    code = 1
    try:
        os.setsid()  # a terminal's Ctrl-C is for the sweep alone
        log.redirect_output()
        threading.Thread(target=_end_with_server, args=(server,), daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.environ.update(environment)
        faulthandler.enable()  # a segmentation fault says where in the log
        code = train_job(sweep, index, resume)
    except BaseException:  # nothing may come back into the server's own loop
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _end_with_server(server: int) -> None:
    """Ends a job whose server was killed, as the system may do where memory runs out."""
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
