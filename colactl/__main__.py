"""`python -m colactl`, and the console script."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line."""
    _open_what_is_closed()
    try:
        from colactl.cli.app import app
    except KeyboardInterrupt:  # the command line itself is not there yet to tell of it
        if sys.stderr is not None:
            sys.stderr.write("colactl: interrupted.\n")
        sys.exit(130)  # 128 + SIGINT
    app(prog_name="colactl")


def _open_what_is_closed() -> None:
    """Points a stdin, stdout or stderr that the caller closed at nothing.

    The next file that is opened, here or in a process that is started, would take its place and get what is said there.
    Python itself looked before, so that `sys.stdout` stays None.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest number that is free: this one


if __name__ == "__main__":
    main()
