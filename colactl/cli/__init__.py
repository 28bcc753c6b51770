"""The terminal: the only code that knows Typer and Rich."""
