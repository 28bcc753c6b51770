"""Signs of life of a download, and which failures may pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from huggingface_hub.errors import LocalEntryNotFoundError

T = TypeVar("T")

PATIENCE = 6.0  # seconds without a byte or an answer; with the start of the command, well under ten
REFUSED_PATIENCE = 3.0  # seconds where the address is unknown or nobody listens: waiting seldom helps then
PAUSE = 0.5  # seconds between two questions
BUSY = (408, 429, 500, 502, 503, 504)  # HTTP statuses that may pass


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
                self.seen()
                return answer

    def seen(self) -> None:
        """Notes that there was one just now."""
        self.heard, self.error = time.monotonic(), None

    def silence(self) -> float:
        """Seconds since the last one."""
        return time.monotonic() - self.heard

    def exhausted(self) -> bool:
        """Whether it has been silent for too long."""
        refused = type(self.error).__name__ == "ConnectError"  # of httpx or httpx2
        return self.silence() > (REFUSED_PATIENCE if refused else PATIENCE)


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


def _package(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]
