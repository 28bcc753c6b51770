"""`python -m colactl`, and the console script."""

from __future__ import annotations


def main() -> None:
    """Runs the command line."""
    from colactl.cli.app import app

    app(prog_name="colactl")


if __name__ == "__main__":
    main()
