"""`python -m colactl`, and the console script."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line."""
    _open_closed_streams()
    try:
        from colactl.cli.app import app
    except KeyboardInterrupt:  # the command line is not loaded yet
        if sys.stderr is not None:
            sys.stderr.write("colactl: interrupted.\n")
        sys.exit(130)  # 128 + SIGINT
    app(prog_name="colactl")


def _open_closed_streams() -> None:
    """Points stdin, stdout or stderr at nothing if the caller closed it.

    The next file that is opened, here or in a child process, would take its number and get what is written there.
    Python itself looked before, so `sys.stdout` stays None.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest free number: this one


if __name__ == "__main__":
    main()
