"""A search, written into the sweep's folder and into the storage of its study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from colactl.composition.compose import Composed
from colactl.sweeping.freeze import freeze
from colactl.sweeping.planning.jobs import Plan
from colactl.sweeping.search.frozen import Search
from colactl.sweeping.search.storage import open_storage, settled
from colactl.sweeping.search.study import create_study, silent
from colactl.sweeping.sweep import Sweep


def with_storage(search: Search) -> Search:
    """The same search with a storage that means the same from everywhere; a shared one is opened to see that it can be.

    Raises:
        ConfigError: It cannot be opened, or its study of that name searches for something else.
    """
    if search.options.storage is None:
        return search
    found = replace(search, options=replace(search.options, storage=settled(search.options.storage)))
    with silent():
        if found.options.study is None:
            open_storage(found.options.storage, Path())
        else:
            create_study(found, Path())
    return found


def begin(
    composed: Composed,
    search: Search,
    sweep: Sweep,
    overrides: Sequence[str],
    config_name: str,
    config_dirs: Sequence[Path | str],
) -> None:
    """Freezes a search and makes its study.

    Args:
        composed: What its trials share.
        search: As `prepare` and `with_storage` left it.
        sweep: Held by this process.
        overrides: As typed.
        config_name: The primary config.
        config_dirs: The user's folders.

    Raises:
        ConfigError: The folder already holds a sweep.
    """
    named = replace(search, options=replace(search.options, study=search.options.study or sweep.folder.name))
    with silent():
        freeze(Plan(composed, ()), sweep, overrides, config_name, config_dirs, named.write)
        create_study(named, sweep.folder)
