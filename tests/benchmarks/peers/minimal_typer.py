"""The smallest application of Typer's: what the help of any costs."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.command()
def main(name: str = "you") -> None:
    """Say hello."""
    typer.echo(f"Hello {name}")


if __name__ == "__main__":
    app()
