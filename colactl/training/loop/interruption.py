"""Ctrl-C and SIGTERM: told apart from a failure, and held back while a training step must not be torn apart."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from colactl.errors import Interrupted

HANDLED = (signal.SIGINT, signal.SIGTERM)
ECHO = 5.0  # seconds in which another SIGTERM is the first one's: Slurm sends it to every process, a sweep to its jobs


class Asked(KeyboardInterrupt):
    """A signal that is obeyed at once; no library takes it for an error of its own, as it might an `Exception`.

    Attributes:
        number: The signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Signals:
    """What has been asked of this process.

    Attributes:
        received: The signal that was held back and waits to be obeyed; None if there was none.
        obeyed: The one that was raised where it came; None if there was none.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self.obeyed: Asked | None = None
        self._since = 0.0
        self._held = False

    def __call__(self, number: int, _: FrameType | None) -> None:
        """The handler.

        Raises:
            Asked: Nothing holds the signal back, or it is the second one.
        """
        if self._held and self.received is None:
            self.received, self._since = number, time.monotonic()
        elif not (self._held and self.received == number == signal.SIGTERM and time.monotonic() < self._since + ECHO):
            self.obeyed = Asked(number)
            raise self.obeyed

    def hold(self) -> None:
        """From now on the first signal waits for `stop`."""
        self._held = True
        install(self)  # over Lightning's own handlers, which stop between two steps without saving

    def release(self) -> None:
        """From now on a signal is obeyed at once."""
        self._held = False

    def stop(self, step: int) -> None:
        """Obeys the signal that was held back, here or in a process that trains with this one.

        Args:
            step: The optimizer steps that are saved.

        Raises:
            Interrupted: Always.
        """
        self.release()
        number = self.received or signal.SIGINT
        raise Interrupted(f"training was interrupted after step {step}, and saved", signal_number=number)


@contextmanager
def interruptible(work: str = "training") -> Iterator[Signals]:
    """Handles Ctrl-C and SIGTERM while it is entered; in a thread, where no handler can be set, it does nothing.

    Args:
        work: What a message calls it.

    Raises:
        Interrupted: The block was interrupted.
    """
    signals = Signals()
    before = {number: signal.getsignal(number) for number in HANDLED}
    install(signals)
    try:
        yield signals
    except KeyboardInterrupt as error:
        raise _interrupted(work, error) from error
    except SystemExit as error:
        # Lightning ends the process with status 1 on Ctrl-C; what it was handling then is all that tells.
        if isinstance(error.__context__, KeyboardInterrupt):
            raise _interrupted(work, error.__context__) from error
        raise
    except Exception as error:
        # An import that a signal leaves half done may swallow it, and what uses that module fails in any way later on.
        if signals.obeyed is not None and not isinstance(error, Interrupted):
            raise _interrupted(work, signals.obeyed) from error
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)


def install(signals: Signals) -> None:
    """Makes it the handler of both signals; only the main thread may, and another leaves them alone.

    One that is ignored stays so: a shell's job in the background must not end by a Ctrl-C that is meant for another.
    """
    if threading.current_thread() is threading.main_thread():
        for number in HANDLED:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, signals)


def _interrupted(work: str, error: KeyboardInterrupt) -> Interrupted:
    return Interrupted(f"{work} was interrupted", signal_number=getattr(error, "number", signal.SIGINT))
