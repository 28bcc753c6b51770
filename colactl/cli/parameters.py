"""Typer checks all values with pydantic, whose import takes a third of `show-config`; here, those that need it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PLAIN: dict[Any, type] = {str: str, list[str]: str, Path: Path, list[Path]: Path}  # texts, with nothing to check


def lighten(parameters: list[Any]) -> list[Any]:
    """Lets texts, paths and what was not given through; all else is still checked by Typer's own means.

    Args:
        parameters: Of a Typer command.

    Returns:
        The same.
    """
    for parameter in parameters:
        if hasattr(parameter, "_runtime_param"):  # Typer's own, and so another release may have it otherwise
            parameter._runtime_param = Late()
    return parameters


class Late:
    """Stands where Typer keeps what converts a parameter's values, until it is needed."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """What a command gets for a value of the command line."""
        descriptor = param.type_descriptor
        info, kind = descriptor.parameter_info, PLAIN.get(descriptor.annotation)
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        if value is param.default:  # one that the command itself gives
            return value
        if kind is None or info.exists or info.resolve_path or info.parser is not None:
            param._runtime_param = None
            return param.get_runtime_param().coerce(value, param=param, ctx=ctx)
        return [kind(text) for text in value] if several else kind(value)
