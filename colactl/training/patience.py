"""How long to wait for the Hub: as long as it answers or sends, and no longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import get_session
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

T = TypeVar("T")

PATIENCE = 6.0  # seconds without a byte or an answer; with the start of the command, under ten
REFUSED_PATIENCE = 3.0  # seconds where the address is unknown or nobody listens: waiting seldom helps then
PAUSE = 0.5  # seconds between two questions
QUIET = 2.0  # seconds without a byte after which the Hub is asked whether it is still there
ANSWER_TIMEOUT = 5.0  # seconds for one answer
BUSY = (408, 429, 500, 502, 503, 504)  # HTTP statuses that may pass


class NoAnswerError(Exception):
    """The Hub did not answer in time; the cause is the last failure, where there was one."""


@dataclass
class Signs:
    """Signs of life of a download that another thread works on.

    Attributes:
        heard: When the last one was seen, in seconds of the monotonic clock.
        error: Why the last question was not answered.
        over: Set once nobody waits any more.
    """

    heard: float = field(default_factory=time.monotonic)
    error: Exception | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def ask(self, question: Callable[[], T]) -> T:
        """Asks until there is an answer: failures that may pass are only noted, any other is raised."""
        while True:
            try:
                answer = question()
            except Exception as error:
                if self.over.is_set() or not may_pass(error):
                    raise
                self.error = error
                self.over.wait(PAUSE)
            else:
                self.heard, self.error = time.monotonic(), None
                return answer

    def exhausted(self) -> bool:
        """Whether it has been silent for too long."""
        refused = type(self.error).__name__ == "ConnectError"  # of httpx or httpx2
        return time.monotonic() - self.heard > (REFUSED_PATIENCE if refused else PATIENCE)


def may_pass(error: BaseException) -> bool:
    """Whether it is worth asking again: no connection, or a server that is busy."""
    if isinstance(error, LocalEntryNotFoundError) and error.__cause__ is not None:
        return may_pass(error.__cause__)  # the library asked, got no answer, and looked in the cache in vain
    response = getattr(error, "response", None)
    if response is not None:
        return response.status_code in BUSY
    return _package(error) in ("httpx", "httpx2") or isinstance(error, ConnectionError | TimeoutError)


def is_network(error: BaseException) -> bool:
    """Whether an error is the network's or the disk's, not ours.

    A dropped connection raises an error of httpx or httpx2, whichever this huggingface_hub uses; neither is an OSError.
    hf_xet, which fetches large files, raises plain RuntimeErrors.
    """
    return isinstance(error, OSError | RuntimeError) or _package(error) in ("httpx", "httpx2")


def patiently(work: Callable[[Signs], T], folder: Path) -> T:
    """Runs a download, for as long as there are signs of life.

    The libraries' own retries wait for up to six minutes where nobody answers, and looking up an address has no
    timeout at all. Hence a thread, which is left behind when the patience is at its end.

    Args:
        work: The download. Other processes may do it too: their bytes count as well.
        folder: Where its bytes arrive.

    Raises:
        NoAnswerError: Neither bytes nor answers came for `PATIENCE` seconds.
        Exception: What `work` raises.
    """
    signs, outcome = Signs(), _Outcome()
    with _silent():
        thread = threading.Thread(target=outcome.run, args=(work, signs), name="hub-download", daemon=True)
        thread.start()
        try:
            arrived = _size(folder)
            while thread.is_alive():
                thread.join(PAUSE / 5)
                if (size := _size(folder)) != arrived:
                    arrived, signs.heard = size, time.monotonic()
                if thread.is_alive() and signs.exhausted():
                    raise NoAnswerError from signs.error
        finally:
            signs.over.set()
    if outcome.error is not None:
        raise outcome.error
    value: T = outcome.value
    return value


@contextmanager
def pinging(signs: Signs, url: str) -> Iterator[None]:
    """Asks a server that sends nothing whether it is there: it may be slow, or another process at it."""

    def ping() -> None:
        response = get_session().head(url, timeout=ANSWER_TIMEOUT)
        if response.status_code in BUSY:
            raise ConnectionError(f"{response.status_code} {response.reason_phrase}")

    def watch() -> None:
        while not (done.wait(PAUSE) or signs.over.is_set()):
            if time.monotonic() - signs.heard > QUIET:
                signs.ask(ping)

    done = threading.Event()
    threading.Thread(target=watch, name="hub-ping", daemon=True).start()
    try:
        yield
    finally:
        done.set()


class _Outcome:
    value: Any = None
    error: BaseException | None = None

    def run(self, work: Callable[[Signs], Any], signs: Signs) -> None:
        try:
            self.value = work(signs)
        except BaseException as error:
            self.error = error


@contextmanager
def _silent() -> Iterator[None]:
    """What the library would write to stderr, the exception says anyhow."""
    level, bars = hub_logging.get_verbosity(), not are_progress_bars_disabled()
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the package says no type there
    disable_progress_bars()
    try:
        yield
    finally:
        hub_logging.set_verbosity(level)
        if bars:
            enable_progress_bars()


def _package(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def _size(folder: Path) -> int:
    """Bytes below a folder; files come and go meanwhile."""
    total = 0
    for file in folder.glob("blobs/*"):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total
