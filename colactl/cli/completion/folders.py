"""The folders of runs and sweeps, the newest first, then other folders."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from colactl.cli.completion.line import Item, expanded
from colactl.runs.run import RESULT, STATUS, Run
from colactl.sweeping.names import is_sweep

ROOTS = ("outputs", "multirun")  # where runs and sweeps go unless the config says otherwise
DEEPEST = 4  # folders: outputs/DAY/TIME, multirun/DAY/TIME/JOB
MOST = 100  # runs; nobody chooses among more

Kind = Callable[[Path], str | None]  # describes a folder of the wanted kind in a word or two; None for any other


def complete_run(folder: Path) -> str | None:
    """A run with a result, by its MCC."""
    if not (folder / RESULT).is_file():
        return None
    mcc = json.loads((folder / RESULT).read_text(encoding="utf-8")).get("mcc")
    return f"MCC {mcc:.3f}" if isinstance(mcc, float) else "done"


def unfinished_run(folder: Path) -> str | None:
    """A run to go on with, by its state."""
    if not (folder / STATUS).is_file():
        return None
    status = Run(folder).status
    return None if status in ("done", "running") else status


def any_run(folder: Path) -> str | None:
    """Any run, by its state."""
    return Run(folder).status if (folder / STATUS).is_file() else None


def sweep(folder: Path) -> str | None:
    """A sweep."""
    return "sweep" if is_sweep(folder) else None


def complete(word: str, kind: Kind) -> list[Item]:
    """The folders of a kind that begin with `word`, and other folders that may hold some."""
    runs = list(islice(_below(word, kind), MOST))
    above = {f"{parent}/" for item in runs for parent in map(str, Path(item.text).parents)}
    others = [item for item in _beside(word, kind) if item.text not in {*above, *(run.text for run in runs)}]
    return runs + others


def _below(word: str, kind: Kind) -> Iterator[Item]:
    for root in ROOTS:
        yield from _search(root, word, kind, 0)


def _search(folder: str, word: str, kind: Kind, depth: int) -> Iterator[Item]:
    if not (folder.startswith(word) or word.startswith(folder)):
        return
    about = _about(folder, kind)
    if about is not None and folder.startswith(word):
        yield Item(folder, about)
    elif depth < DEEPEST:
        for entry in sorted(_folders(folder), key=lambda entry: (entry.stat().st_mtime, entry.name), reverse=True):
            yield from _search(f"{folder}/{entry.name}", word, kind, depth + 1)


def _beside(word: str, kind: Kind) -> Iterator[Item]:
    parent, slash, name = word.rpartition("/")
    for entry in sorted(_folders(expanded(parent + slash) or "."), key=lambda entry: entry.name):
        if entry.name.startswith(name) and (name or not entry.name.startswith(".")):
            path = parent + slash + entry.name
            about = _about(expanded(path), kind)
            yield Item(f"{path}/") if about is None else Item(path, about)


def _about(folder: str, kind: Kind) -> str | None:
    try:
        return kind(Path(folder))
    except (OSError, ValueError, AttributeError):  # another program's files of these names
        return None


def _folders(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.is_dir()]
    except OSError:
        return []
