"""Two configs side by side: a table on a terminal, a line for each difference in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from colactl.cli.output import Output
from colactl.redaction import redacted

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from colactl.composition.differences import Comparison, Difference

DEFAULTS = "defaults"  # what a config without overrides is called
EQUAL = "No value differs."
CHOICE = "@"  # marks the option of a group; the marks of values are `Difference.mark`
HEADING = "bold"
STYLES = {"-": "red", "+": "green", "~": "yellow"}
INDENT = "  "


def show(found: Comparison, names: tuple[str, str], output: Output, as_json: bool = False) -> None:
    """Writes what differs to stdout; of equal configs nothing but an empty JSON mapping.

    Args:
        found: What differs.
        names: What the two configs are called.
        output: Where it is written.
        as_json: Whether as JSON.
    """
    if as_json:
        output.json(found.as_json())
    elif not found.values:
        output.talk(EQUAL)
    elif output.stdout_is_terminal():
        output.show(_table(found, names))
    else:
        output.data("\n".join(_lines(found)))


def _lines(found: Comparison) -> Iterator[str]:
    from colactl.composition.differences import in_one_line
    from colactl.schema.key_path import dotted

    for mark, difference in _marked(found):
        values = [in_one_line(value) for value in difference.as_json().values()]
        yield f"{mark} {dotted(difference.place)}: {' -> '.join(values)}"


def _marked(found: Comparison) -> list[tuple[str, Difference]]:
    """All differences, group by group; the option of a group comes before its values."""
    marked = [(CHOICE, choice) for choice in found.choices] + [(value.mark, value) for value in found.values]
    order = {group: number for number, group in enumerate(dict.fromkeys(value.place[0] for value in found.values))}
    # An option that puts its values elsewhere, as an experiment does, comes first.
    return sorted(marked, key=lambda pair: order.get(pair[1].place[0], -1))


def _table(found: Comparison, names: tuple[str, str]) -> Table:
    """A column for the marks, one for the keys, indented as in YAML, and one for each config."""
    from rich.table import Table
    from rich.text import Text

    from colactl.schema.key_path import dotted

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("", "", *map(redacted, names)):
        table.add_column(Text(name), overflow="fold")
    open_at: tuple[Any, ...] = ()  # the mapping that the last row is in
    for mark, difference in _marked(found):
        *parents, key = difference.place
        for depth, parent in enumerate(parents):
            if open_at[: depth + 1] != tuple(parents[: depth + 1]):
                table.add_row("", Text(INDENT * depth + dotted([parent]), HEADING))
        open_at = difference.place if mark == CHOICE else tuple(parents)
        style = HEADING if mark == CHOICE else STYLES[mark]
        sides = _cell(difference.a, "red"), _cell(difference.b, "green")
        table.add_row(Text(mark, style), Text(INDENT * len(parents) + dotted([key]), style), *sides)
    return table


def _cell(value: Any, style: str) -> Text:
    from rich.text import Text

    from colactl.composition.differences import in_one_line
    from colactl.schema.key_path import ABSENT

    return Text("") if value is ABSENT else Text(in_one_line(value), style)
