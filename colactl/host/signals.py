"""Ctrl-C and SIGTERM: told apart from a failure, and held back while a training step must not be interrupted."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from colactl.errors import Interrupted

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
REPEAT_WINDOW = 5.0  # seconds in which a second SIGTERM counts as the first: Slurm and a sweep may each send one

Handler = Callable[[int, FrameType | None], None]


class StopSignal(KeyboardInterrupt):
    """Raised where a signal arrives; as a `KeyboardInterrupt` it passes through a library's `except Exception`.

    Attributes:
        number: The signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class SignalHandler:
    """Raises a `StopSignal`, or keeps the signal until the work has reached a place where it can stop.

    Attributes:
        pending: The signal that was kept; None if there was none.
        raised: What was raised; None if nothing was.
    """

    def __init__(self) -> None:
        self.pending: int | None = None
        self.raised: StopSignal | None = None
        self._pending_since = 0.0
        self._held = False

    def __call__(self, number: int, _: FrameType | None) -> None:
        """Handles a signal.

        Raises:
            StopSignal: Signals are not held back, or this is the second one.
        """
        if self._held and self.pending is None:
            self.pending, self._pending_since = number, time.monotonic()
        elif not self._is_repeated(number):
            self.raised = StopSignal(number)
            raise self.raised

    def _is_repeated(self, number: int) -> bool:
        recent = time.monotonic() < self._pending_since + REPEAT_WINDOW
        return self._held and recent and self.pending == number == signal.SIGTERM

    def hold(self) -> None:
        """From now on the first signal stays pending, until `stop`."""
        self._held = True
        install(self)  # over Lightning's own handlers, which stop between two steps without saving

    def release(self) -> None:
        """From now on a signal is raised where it arrives."""
        self._held = False

    def stop(self, step: int) -> None:
        """Stops for the signal that is pending here, or in another process of the run.

        Args:
            step: The optimizer steps that are saved.

        Raises:
            Interrupted: Always.
        """
        self.release()
        number = self.pending or signal.SIGINT
        raise Interrupted(f"training was interrupted after step {step}, and saved", signal_number=number)


@contextmanager
def interruptible(work: str = "training") -> Iterator[SignalHandler]:
    """Turns Ctrl-C and SIGTERM into `Interrupted` within its block; outside the main thread it does nothing.

    Args:
        work: What the message calls the block.

    Raises:
        Interrupted: A signal ended the block.
    """
    handler = SignalHandler()
    earlier = install(handler)
    try:
        yield handler
    except KeyboardInterrupt as error:
        raise _interrupted(work, error) from error
    except SystemExit as error:
        # On Ctrl-C Lightning ends the process with status 1; only the context tells that from any other exit.
        if isinstance(error.__context__, KeyboardInterrupt):
            raise _interrupted(work, error.__context__) from error
        raise
    except Exception as error:
        # A signal may arrive within an import, which swallows it; the module that is half loaded then fails later.
        if handler.raised is not None and not isinstance(error, Interrupted):
            raise _interrupted(work, handler.raised) from error
        raise
    finally:
        restore(earlier)


def install(handler: Handler) -> dict[int, object]:
    """Handles both signals with a function; in another thread than the main one, where that is not allowed, neither.

    A signal that is ignored stays so: Ctrl-C must not end a shell's job in the background.

    Returns:
        The handlers that were there before, by signal, for `restore`.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    earlier: dict[int, object] = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    for number in STOP_SIGNALS:
        if earlier[number] != signal.SIG_IGN:
            signal.signal(number, handler)
    return earlier


def restore(handlers: dict[int, object]) -> None:
    """Puts back what `install` returned; a handler that was not Python's becomes the system's default."""
    for number, handler in handlers.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)  # type: ignore[arg-type]  # signal gave it


@contextmanager
def blocked() -> Iterator[None]:
    """Keeps both signals from threads, and so from processes, that are started within its block."""
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


def _interrupted(work: str, error: KeyboardInterrupt) -> Interrupted:
    return Interrupted(f"{work} was interrupted", signal_number=getattr(error, "number", signal.SIGINT))
