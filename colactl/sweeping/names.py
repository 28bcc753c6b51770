"""The names of the files in a sweep's folder."""

from __future__ import annotations

from pathlib import Path

SWEEP = "sweep.yaml"  # the definition; where it is, the rest is complete
PLANNED = "planned.jsonl"  # one line for each job
MULTIRUN = "multirun.yaml"  # the config that the jobs share, where Hydra puts it too
SEARCH = "search.json"  # what a search draws its trials from
TRIALS = "trials"  # a search's jobs, a file for each, written when it begins
LAUNCHER_LOG = "launcher.log"  # what the launcher and the processes that it started have written
RESULTS = "results.json"
TABLE = "results.csv"
PLOTS = "plots"
LOCK = ".lock"
STOP = ".stop"
OWN = (SWEEP, MULTIRUN, PLANNED, SEARCH, TRIALS, LAUNCHER_LOG, RESULTS, TABLE, PLOTS, LOCK, STOP)


def is_sweep(folder: Path) -> bool:
    """Whether a folder is a sweep's; W&B's own sweeps have a sweep.yaml too."""
    return (folder / SWEEP).exists() and (folder / PLANNED).exists()
