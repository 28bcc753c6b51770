"""The group of all commands, and the one place where their errors end."""

from __future__ import annotations

import gc
import sys
import warnings
from typing import Any

from typer.core import TyperGroup

from colactl.cli.telling import told
from colactl.cli.typer_port import asking_shell, is_usage, lighten
from colactl.cli.usage import mend_command, mend_option


class Boundary(TyperGroup):
    """A group of commands whose errors end here, also under Typer's test runner."""

    def get_params(self, ctx: Any) -> Any:
        """The group's own options, --help among them."""
        return lighten(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Finds a command by its name."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            lighten(command.get_params(ctx))
        return command

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """Reads what stands before a command; --help and --version write here."""
        with told():
            return super().make_context(*arguments, **named)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads what stands before the command."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            mend_option(error, words, self.commands)
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Finds the command."""
        try:
            return super().resolve_command(ctx, args)
        except Exception as error:
            if is_usage(error):
                mend_command(error, args, list(self.commands))
            raise

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Answers a shell that asks what may come next, or else runs the command line."""
        if shell := asking_shell():
            from colactl.cli.completion.shells import SHELLS, answer

            if shell in SHELLS:  # Typer itself answers the others
                gc.disable()  # saves a twentieth of the time, in a process that ends at once
                sys.exit(answer(self, shell))
        return super().main(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        words = list(ctx.args)  # after the command
        with warnings.catch_warnings(), told():  # --quiet decides who hears them, and only for this command
            try:
                return super().invoke(ctx)
            except Exception as error:
                if is_usage(error):
                    mend_option(error, words, self.commands)
                raise
