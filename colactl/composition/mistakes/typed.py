"""An override as it was typed, and what Hydra makes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hydra.core.override_parser.types import Override

from colactl.schema.faults import ending, shown, value_shown


@dataclass(frozen=True)
class Typed:
    """One override.

    Attributes:
        index: Its place among all that were typed.
        text: As typed.
        override: What Hydra makes of it; where it has several values, with the first alone.
        elements: The values, where it has several.
    """

    index: int
    text: str
    override: Override
    elements: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The group, or the key."""
        return str(self.override.key_or_group)

    @property
    def key(self) -> str:
        """The same with its package, without what marks an addition or a deletion."""
        return self.override.get_key_element().lstrip("+~")

    @property
    def deletes(self) -> bool:
        """Whether it is to take something away."""
        return self.override.is_delete()

    @property
    def adds(self) -> bool:
        """Whether it is to add something."""
        return self.override.is_add() or self.override.is_force_add()

    def instead(self, key: str, value: str | None = None) -> str:
        """The override that was meant.

        Args:
            key: The right one.
            value: The right one; None is as typed.
        """
        equals = "=" if "=" in self.text else ""
        return key + equals + (value_shown(self.text) if value is None else value)

    def with_elements(self, right: Sequence[str]) -> str:
        """Its value with other ones in the place of its elements, each but once."""
        typed, once = value_shown(self.text), list(dict.fromkeys(right))
        if len(once) < len(right):
            return once[0] if len(once) == 1 else f"choice({','.join(once)})"
        for wrong, better in zip(self.elements, right, strict=True):
            typed = re.sub(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])", better, typed)
        return typed

    def fault(self, text: str, *meant: str, example: str = "") -> str:
        """A whole sentence about it.

        Args:
            text: What is wrong.
            meant: The overrides that were probably meant.
            example: Or one that would do.
        """
        return f"{shown(self.text)}: {text}{ending(meant, example)}"
