"""How long to wait for the Hub: as long as it answers or sends, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import get_session
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from huggingface_hub.utils import logging as hub_logging

from colactl.training.hub.signs import BUSY, PAUSE, Signs

T = TypeVar("T")

QUIET = 2.0  # seconds without a byte after which the Hub is asked whether it is still there
ANSWER_TIMEOUT = 5.0  # seconds for one answer


class NoAnswerError(Exception):
    """The Hub did not answer in time; the cause is the last failure, where there was one."""


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
                    arrived = size
                    signs.seen()
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
            if signs.silence() > QUIET:
                with suppress(Exception):  # whatever it is, it was no sign of life
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


def _size(folder: Path) -> int:
    """Bytes below a folder; files come and go meanwhile."""
    total = 0
    for file in folder.glob("blobs/*"):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total
