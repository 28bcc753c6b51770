"""The files by which a sweep's folder is known."""

from __future__ import annotations

from pathlib import Path

SWEEP = "sweep.yaml"
PLANNED = "planned.jsonl"  # one line for each job


def is_sweep(folder: Path) -> bool:
    """Whether a folder is a sweep's; W&B's own sweeps have a sweep.yaml too."""
    return (folder / SWEEP).exists() and (folder / PLANNED).exists()
