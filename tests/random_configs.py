"""Folders of configs drawn at random, in which every value is unique and so tells by itself where it was written."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEYS = "abcd"
GROUPS = {"g": ("p", "q"), "h": ("p", "q"), "g/deep": ("p",)}
PACKAGES = ("", "@other", "@a.b", "@_global_", "@g")


@dataclass
class Configs:
    """A folder of configs, with a primary one named main.

    Attributes:
        folders: The user's, the first one wins.
        written: The file and line, or the override, of each value.
    """

    folders: list[Path]
    draw: random.Random
    written: dict[int, tuple[Path, int] | str] = field(default_factory=dict)
    count: Iterator[int] = field(default_factory=lambda: itertools.count(1000))

    def write(self) -> None:
        """Fills the folders."""
        for folder in self.folders:
            for group, options in GROUPS.items():
                for option in options:
                    if folder == self.folders[-1] or self.draw.random() < 0.3:  # the last one has them all
                        self._file(folder / group / f"{option}.yaml", self._nested_defaults(group))
        self._file(self.folders[-1] / "exp" / "e.yaml", ["override /g: q"], "# @package _global_")
        self._file(self.folders[self.draw.randrange(len(self.folders))] / "main.yaml", self._primary_defaults())

    def override(self, key: str, form: str = "{}") -> str:
        """An override with a value of its own; `form` says what is around it."""
        value = next(self.count)
        text = f"{key}={form.format(value)}"
        self.written[value] = text
        return text

    def _nested_defaults(self, group: str) -> list[str]:
        if group == "g":
            package = self.draw.choice(["", "@_here_", "@sub", "@_global_", "@_global_.top"])
            return self._with_self([f"{self.draw.choice(['/h', 'deep'])}{package}: p"])
        return []

    def _primary_defaults(self) -> list[str]:
        chosen = ["g: p", f"h{self.draw.choice(PACKAGES)}: {self.draw.choice('pq')}"]
        if self.draw.random() < 0.5:
            chosen.append("h@twice: p")
        self.draw.shuffle(chosen)
        return [*self._with_self(chosen), "optional exp: " + self.draw.choice(["e", "null", "none"])]

    def _with_self(self, entries: list[str]) -> list[str]:
        entries = list(entries)
        entries.insert(self.draw.randint(0, len(entries)), "_self_")
        return entries

    def _file(self, file: Path, defaults: list[str], header: str = "") -> None:
        if not header and not defaults and self.draw.random() < 0.2:
            header = self.draw.choice(["# @package _global_", "# @package a.c", "# @package _global_.d"])
        lines = [header] if header else []
        if defaults:
            lines += ["defaults:", *(f"  - {entry}" for entry in defaults)]
        self._mapping(lines, file, 0)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")

    def _mapping(self, lines: list[str], file: Path, depth: int) -> None:
        for key in self.draw.sample(KEYS, self.draw.randint(1, 3)):
            for _ in range(self.draw.choice([0, 0, 0, 1, 2])):
                lines.append(self.draw.choice(["", "# a comment", f"    # {key}: 1"]))
            indent = "  " * depth + self.draw.choice([key, key, f'"{key}"', f"'{key}'"])
            kind = self.draw.random()
            if kind < 0.45 or (kind >= 0.75 and depth == 2):
                lines.append(f"{indent}: {self._value(file, len(lines) + 1)}  # {key}")
            elif kind < 0.55:
                lines += [f"{indent}: [{self._value(file, len(lines) + 1)},", "  " * depth + "  1]"]
            elif kind < 0.65:
                one, other = self._value(file, len(lines) + 1), self._value(file, len(lines) + 2)
                lines += [f"{indent}: {{a: {one},", "  " * depth + f"  b: {other}}}"]
            elif kind < 0.75:
                other = self._value(file, len(lines) + 1)
                lines += [f"{indent}:", "  " * depth + f"  - {other}", "  " * depth + "  - {x: 1}"]
            else:
                lines.append(f"{indent}:")
                self._mapping(lines, file, depth + 1)

    def _value(self, file: Path, line: int) -> int:
        value = next(self.count)
        self.written[value] = (file, line)
        return value


def mark(value: Any) -> int | None:
    """The unique number in a value; None for an empty mapping, which is what deletions leave."""
    value = value[0] if isinstance(value, list) else value
    return value if isinstance(value, int) else None
