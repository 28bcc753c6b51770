"""What two runs of a case have in common: texts are folded where they must differ, and then compared."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any

Facts = dict[str, Any]
MOST_LINES = 30  # of a difference that is shown

# Times, names at random and facts of the host, in texts of any kind.
PATTERNS = (
    (re.compile(r"\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d-[a-z0-9]{4}"), "<stamp>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:[+-]\d\d:\d\d|Z)?"), "<time>"),
    (re.compile(r"(?:offline-)?run-\d{8}_\d{6}-\w{8}"), "<wandb run>"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|seconds|sentences/s|it/s)\b"), "<duration>"),
    (re.compile(r"(?<=process )\d+|(?<=pid )\d+|(?<=pid=)\d+"), "<pid>"),
    (re.compile(r"(?<=\.slot)\d+"), "<pid>"),
    (re.compile(r"(/tmp|/var/tmp)/tmp\w+"), "<temporary>"),
    (re.compile(r"(?<=_per_second': )[\d.]+|(?<='seconds': )[\d.]+"), "<measured>"),
)
# Of JSON objects and of CSV rows.
MEASURED = re.compile(
    r"seconds|.*_seconds|seconds_.*|.*_per_second|.*time.*|started|finished|host|hostname|pid|worker_id|git|peak_memory.*|wandb_id|since"
)


@dataclass(frozen=True)
class Difference:
    """One fact of a case that is not the same on both sides."""

    case: str
    fact: str
    base: Any
    here: Any

    @property
    def is_talk(self) -> bool:
        """Whether it is only for reading: what went to stderr or to a log."""
        return self.fact.endswith("stderr") or (self.fact.startswith("file ") and self.fact.endswith(".log"))

    def __str__(self) -> str:
        before, after = (_lines(value) for value in (self.base, self.here))
        changed = list(difflib.unified_diff(before, after, "base", "here", lineterm="", n=1))
        more = [f"... {len(changed) - MOST_LINES} more lines"] if len(changed) > MOST_LINES else []
        return "\n".join([f"{self.case}\n  {self.fact}", *(f"    {line}" for line in [*changed[:MOST_LINES], *more])])


ABSENT = "(absent)"


def differences(case: str, base: Facts, here: Facts) -> list[Difference]:
    """The facts that are not equal, 1 and 1.0 being two values."""
    base, here = ({fold(name): _folded(fact) for name, fact in facts.items()} for facts in (base, here))
    names = [*base, *(name for name in here if name not in base)]
    pairs = ((name, base.get(name, ABSENT), here.get(name, ABSENT)) for name in names)
    return [Difference(case, name, before, after) for name, before, after in pairs if repr(before) != repr(after)]


def fold(text: str) -> str:
    """A text with names in place of times, random names and process ids."""
    for pattern, name in PATTERNS:
        text = pattern.sub(name, text)
    return text


def fold_value(value: Any) -> Any:
    """The same for JSON: what a key says was measured is left out, however deep."""
    if isinstance(value, dict):
        return {key: "<measured>" if MEASURED.fullmatch(str(key)) else fold_value(item) for key, item in value.items()}
    return [fold_value(item) for item in value] if isinstance(value, list) else value


def _folded(fact: Any) -> Any:
    """A fact that was kept may have been folded by fewer patterns."""
    if isinstance(fact, list):
        return [_folded(item) for item in fact]
    return fold(fact) if isinstance(fact, str) else fold_value(fact)


def _lines(value: Any) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
    return text.splitlines() or [""]
