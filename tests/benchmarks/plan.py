"""How long a sweep of ten thousand jobs takes to plan: python -m tests.benchmarks.plan [--rounds N] [--json]."""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from colactl.sweeping.planning import jobs as planning
from colactl.sweeping.planning.bases import Bases
from colactl.sweeping.planning.configs import Configs

SWEEPS = {
    "one value": ["seed=range(0,10000)"],
    "two floats": ["optimizer.weight_decay=range(0,1,0.01)", "optimizer.warmup_ratio=range(0,1,0.01)"],
    "named folders": ["seed=range(0,10000)", "hydra.sweep.subdir=${hydra.job.override_dirname}"],
    "models": ["model=default,bert,roberta", "optimizer.lr=1e-5,2e-5,3e-5", "seed=range(0,1111)"],
}
STAGES: dict[str, tuple[Any, str]] = {
    "expand": (planning, "expand"),
    "compose": (Bases, "of"),
    "validate": (Configs, "of"),
    "hash": (planning, "config_hash"),
}


def main() -> int:
    """Plans each sweep in a process of its own, and runs the whole command; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sweep", choices=SWEEPS, help="plan this one here, and write its figures as JSON")
    options = parser.parse_args()
    if options.sweep:
        sys.stdout.write(json.dumps(measure(SWEEPS[options.sweep])) + "\n")
        return 0
    found = {name: summarise([run(name) for _ in range(options.rounds)]) for name in SWEEPS}
    sys.stdout.write((json.dumps(found, indent=2) if options.json else table(found)) + "\n")
    return 0


def measure(overrides: list[str]) -> dict[str, float]:
    """Plans a sweep; the seconds of its stages, and the most memory that the process had."""
    seconds = dict.fromkeys(STAGES, 0.0)
    for stage, (owner, name) in STAGES.items():
        setattr(owner, name, timed(getattr(owner, name), stage, seconds))
    begin = time.perf_counter()
    jobs = len(planning.plan(overrides).jobs)
    whole = time.perf_counter() - begin
    unit = 1e6 if sys.platform == "darwin" else 1e3  # macOS counts bytes, Linux kilobytes
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"jobs": jobs, "seconds": whole, **seconds, "megabytes": memory}


def timed(function: Callable[..., Any], stage: str, seconds: dict[str, float]) -> Callable[..., Any]:
    """A function that adds the time it takes to its stage's."""

    def call(*arguments: Any) -> Any:
        begin = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            seconds[stage] += time.perf_counter() - begin

    return call


def run(name: str) -> dict[str, float]:
    """The figures of one round, and the seconds of the command as a user types it."""
    planned = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.plan", "--sweep", name], stdout=subprocess.PIPE, check=True
    )
    begin = time.perf_counter()
    command = [sys.executable, "-m", "colactl", "sweep", "--dry-run", "--json", *SWEEPS[name]]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return {**json.loads(planned.stdout), "command": time.perf_counter() - begin}


def summarise(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {figure: statistics.median(one[figure] for one in rounds) for figure in rounds[0]}


def table(found: dict[str, dict[str, float]]) -> str:
    """As Markdown; stages in seconds."""
    figures = list(next(iter(found.values())))
    lines = [["", *figures], ["---"] * (len(figures) + 1)]
    lines += [
        [name, *(f"{row[figure]:.{0 if figure in ('jobs', 'megabytes') else 2}f}" for figure in figures)]
        for name, row in found.items()
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    raise SystemExit(main())
