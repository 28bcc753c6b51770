"""How long a sweep of ten thousand jobs takes to plan: python -m tests.benchmarks.plan [--rounds N] [--json]."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

from tests.benchmarks.table import markdown, medians, options_of

SWEEPS = {
    "one value": ["seed=range(0,10000)"],
    "two floats": ["optimizer.weight_decay=range(0,1,0.01)", "optimizer.warmup_ratio=range(0,1,0.01)"],
    "named folders": ["seed=range(0,10000)", "hydra.sweep.subdir=${hydra.job.override_dirname}"],
    "models": ["model=default,bert,roberta", "optimizer.lr=1e-5,2e-5,3e-5", "seed=range(0,1111)"],
}
MEGABYTE = 1e6 if sys.platform == "darwin" else 1e3  # in what the system counts memory in: bytes, or kilobytes


def main() -> int:
    """Plans each sweep with the command that a user types; returns the exit code."""
    options = options_of(__doc__, rounds=3).parse_args()
    found = {name: medians([measure(SWEEPS[name]) for _ in range(options.rounds)]) for name in SWEEPS}
    rows = ([name, *(f"{value:.2f}" for value in figures.values())] for name, figures in found.items())
    table = markdown(["", *next(iter(found.values()))], *rows)
    sys.stdout.write((json.dumps(found, indent=2) if options.json else table) + "\n")
    return 0


def measure(overrides: list[str]) -> dict[str, float]:
    """The number of jobs, the seconds of the command, and the most memory that it had."""
    command = [sys.executable, "-m", "colactl", "sweep", "--dry-run", "--json", *overrides]
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
        output.seek(0)
        jobs = len(json.load(output))
    return {"jobs": jobs, "seconds": seconds, "megabytes": usage.ru_maxrss / MEGABYTE}


if __name__ == "__main__":
    raise SystemExit(main())
