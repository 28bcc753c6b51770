"""Ctrl-C and SIGTERM while a sweep runs: the jobs are asked to end, in the sweep's folder, wherever they are."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from colactl.host.signals import STOP_SIGNALS
from colactl.sweeping.sweep import FINISH, NOW, Sweep


class Interruption:
    """Handles both signals while it is entered, in the main thread; in another one it does nothing.

    Args:
        sweep: Whose jobs are asked to end. The first Ctrl-C lets those that run come to their end; the second one, or
            SIGTERM, asks them to save and stop; one more is obeyed at once.
        tell: Is given a sentence about what happens now.

    Attributes:
        number: The last signal's; 0 while there was none.
        at_once: Whether nothing is to be waited for.
    """

    def __init__(self, sweep: Sweep, tell: Callable[[str], None]) -> None:
        self.number = 0
        self.at_once = False
        self._sweep, self._tell = sweep, tell
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:  # as a shell does for a job in the background
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # type: ignore[arg-type]  # it gave it

    def _handle(self, number: int, _: FrameType | None) -> None:
        asked = self._sweep.stopping() if self.number else 0
        self.number = number
        if asked == NOW:
            self.at_once = True
            self._tell("Stopping at once.")
        elif asked == FINISH or number == signal.SIGTERM:
            self._ask(NOW, "Stopping: the jobs that run save what they have.")
        else:
            self._ask(
                FINISH, "The jobs that run come to their end, and no more are started; Ctrl-C again stops them now."
            )

    def _ask(self, how: int, told: str) -> None:
        try:
            self._sweep.stop(how)
        except OSError as error:  # a full disk: nobody can be asked
            self.at_once, told = True, f"Stopping at once, because the sweep's folder cannot be written to: {error}."
        self._tell(told)


@contextmanager
def blocked() -> Iterator[None]:
    """Keeps the signals from threads, and so from processes, that are started while it is entered."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
