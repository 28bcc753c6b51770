"""Where a run came from, and what has changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from colactl.errors import DataError
from colactl.runs.provenance import drifted, provenance
from colactl.runs.run import Run
from colactl.shell import quoted


def drift(run: Run, config: DictConfig) -> tuple[str, ...]:
    """What is no longer as it was when a run began, a sentence each: code, packages, data and hardware.

    Args:
        run: Any.
        config: The one that is to train now; its data is loaded.

    Raises:
        DataError: The data is not to be had.
    """
    from colactl.training.data.corpus import load_splits

    if run.provenance is None:
        return (f"{run.folder} has no provenance.json, so what it ran with is not known",)
    return drifted(run.provenance, provenance(config.seed, load_splits(config.data).fingerprint()))


def record_provenance(run: Run, now: dict[str, Any]) -> None:
    """Keeps a resumed run's first record, and adds to it."""
    first = run.provenance
    if first is None:
        run.write_provenance(now)
        return
    if first["data_fingerprint"] != now["data_fingerprint"]:
        again = f"Train on what is there now with: colactl train --rerun {quoted(shown(run.folder))}"
        raise DataError("The data is no longer what the run began with.", again)
    run.write_provenance(first | {"resumed": [*first.get("resumed", []), now]})


def shown(folder: Path) -> str:
    """The folder as the user would type it here."""
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)
