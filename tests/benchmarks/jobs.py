"""What a job costs beyond its training: many jobs of no step at all, on each engine.

    python -m tests.benchmarks.jobs [--json] [--jobs N] [--rounds N] [--launchers basic joblib ...]

W&B, plots and the exported model are off. A job's time is that between one end and the next, over the later nine tenths
of the jobs, so that what is loaded once does not count, times the jobs at a time. Beyond its training is what is left
of it without `seconds` of result.json, in which a model is made and validated.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders import ROOT
from tests.benchmarks.table import machine, markdown, medians, options_of

SETTINGS = ("training.max_steps=0", "logger=csv", "callbacks.plots=false", "callbacks.export=false")
LAUNCHERS = {
    "basic": ([], 1),
    "joblib": (["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"], 2),
    "ray": (["hydra/launcher=ray", "+hydra.launcher.ray.init.num_cpus=2"], 2),
    "submitit": (["hydra/launcher=submitit_local"], 1),
}
HEADINGS = ("s a job", "s beyond its training", "s in all", "parent's MB, a tenth in", "parent's MB, nine tenths in")
WARM_UP = 0.1  # of the jobs, whose time is not counted
LATE = 0.9  # of the jobs, after which the parent only sums up
LOOK = 0.5  # seconds between two looks at the parent's memory


def main() -> None:
    parser = options_of(__doc__, rounds=1)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--launchers", nargs="+", choices=sorted(LAUNCHERS), default=["basic", "joblib", "ray"])
    options = parser.parse_args()
    found = {
        name: medians([measure(*LAUNCHERS[name], options.jobs) for _ in range(options.rounds)])
        for name in options.launchers
    }
    if options.json:
        sys.stdout.write(json.dumps({"machine": machine(1), "jobs": options.jobs, "engines": found}, indent=2) + "\n")
        return
    rows = ([name, *(f"{value:.2f}" for value in figures.values())] for name, figures in found.items())
    sys.stdout.write(f"{machine(1)}\n{options.jobs} jobs\n\n{markdown(['engine', *HEADINGS], *rows)}\n")


def measure(launcher: list[str], at_a_time: int, jobs: int) -> dict[str, float]:
    """Seconds a job, seconds in all, and how large the parent became."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = Path(folder) / "sweep"
        overrides = [*SETTINGS, *launcher, f"seed=range(0,{jobs})", f"hydra.sweep.dir={sweep}"]
        begun = time.time()
        command = [sys.executable, "-m", "colactl", "sweep", "--quiet", *overrides]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            early, late = watch(process, sweep, int(jobs * WARM_UP), int(jobs * LATE))
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
        results = [sweep / str(index) / "result.json" for index in range(jobs)]
        trained = statistics.mean(json.loads(result.read_text())["seconds"] for result in results)
        ends = sorted(result.stat().st_mtime for result in results)
    counted = ends[int(jobs * WARM_UP) :]
    each = (counted[-1] - counted[0]) / (len(counted) - 1) * at_a_time
    sizes = {"early_megabytes": early, "late_megabytes": late}
    return {"seconds_a_job": each, "beyond_training": each - trained, "seconds": time.time() - begun, **sizes}


def watch(process: subprocess.Popen[Any], sweep: Path, early_job: int, late_job: int) -> tuple[float, float]:
    """The parent's resident megabytes when each of two jobs is done."""
    early = late = 0.0
    while process.poll() is None:
        time.sleep(LOOK)
        try:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        except OSError:
            break
        size = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)
        early = early or (size if (sweep / str(early_job) / "result.json").exists() else 0.0)
        late = late or (size if (sweep / str(late_job) / "result.json").exists() else 0.0)
    process.wait()
    return early, late


if __name__ == "__main__":
    main()
