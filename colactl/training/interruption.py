"""Ctrl-C and SIGTERM during training, told apart from a failure."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pytorch_lightning.utilities.exceptions import SIGTERMException

from colactl.errors import Interrupted


@contextmanager
def interruptible() -> Iterator[None]:
    """Turns what Lightning makes of an interruption into `Interrupted`, and gives Ctrl-C back its meaning.

    Raises:
        Interrupted: The block was interrupted.
    """
    in_main = threading.current_thread() is threading.main_thread()  # only there can handlers be set
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted("training was interrupted") from error
    except SIGTERMException as error:
        raise Interrupted("training was asked to stop", signal_number=signal.SIGTERM) from error
    except SystemExit as error:
        # Lightning ends the process with status 1 on Ctrl-C; what it was handling then is all that tells.
        if isinstance(error.__context__, KeyboardInterrupt):
            raise Interrupted("training was interrupted") from error
        raise
    finally:
        if in_main and handler is not None:
            signal.signal(signal.SIGINT, handler)  # Lightning leaves it ignored
