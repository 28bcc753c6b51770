"""What the command line costs beside the least that it could: python -m tests.benchmarks.cli [--rounds N] [--json]."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

from colactl.schema.config_files import config_dir
from tests.benchmarks.table import machine, markdown, options_of
from tests.conftest import ROOT

PEERS = ROOT / "tests" / "benchmarks" / "peers"
COLACTL = [sys.executable, "-c", "from colactl.__main__ import main; main()"]  # as the console script does
MINIMAL = [sys.executable, str(PEERS / "minimal_typer.py"), "--help"]
BARE = [sys.executable, str(PEERS / "bare_compose.py"), str(config_dir())]
COMMANDS = {
    "minimal Typer --help": MINIMAL,
    "colactl --help": [*COLACTL, "--help"],
    "bare compose": BARE,
    "colactl show-config": [*COLACTL, "show-config"],
    "tutorial's @hydra.main": [
        *(sys.executable, "-m", "tests.benchmarks.peers.tutorial_config", f"--config-dir={config_dir()}"),
        *("hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=none"),
    ],
}
COMPLETIONS = {
    "complete a command": "colactl tr",
    "complete an option": "colactl train --re",
    "complete a group": "colactl train --set mo",
    "complete a key": "colactl train --set training.max",
    "complete an option of a group": "colactl train model=b",
    "complete a key of a chosen option": "colactl train model=bert model.na",
}
SLOW = "tutorial's @hydra.main"  # 6 s each
SLOW_ROUNDS = 3
# What is asked: a ratio of two medians of one run, at most or at least so much.
RATIOS = {
    "--help": ("colactl --help", "minimal Typer --help", "at most 1.3"),
    "show-config": ("colactl show-config", "bare compose", "at most 1.6"),
    "@hydra.main": (SLOW, "colactl show-config", "at least 12"),
    **{name: (name, "colactl --help", "at most 2") for name in COMPLETIONS},
}


def main() -> int:
    """Runs the rounds, each command once in each; returns the exit code."""
    options = options_of(__doc__, rounds=15).parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in (*COMMANDS, *COMPLETIONS)}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            for name in seconds:
                if name != SLOW or number < SLOW_ROUNDS:
                    seconds[name].append(timed(name, folder))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratios = {name: medians[ours] / medians[theirs] for name, (ours, theirs, _) in RATIOS.items()}
    found = {"machine": machine(1), "milliseconds": {name: 1e3 * value for name, value in medians.items()}}
    sys.stdout.write(json.dumps({**found, "ratios": ratios}, indent=2) if options.json else table(medians, ratios))
    return 0


def timed(name: str, folder: str) -> float:
    """Seconds of a command, from its start to its end, its output in a pipe."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = COMMANDS.get(name) or COLACTL
    if name in COMPLETIONS:
        environment |= completing(COMPLETIONS[name])
    begin = time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL)
    took = time.perf_counter() - begin
    if done.returncode or not done.stdout:
        raise RuntimeError(f"{name}: exit code {done.returncode}, {done.stderr.decode()}")
    return took


def completing(line: str) -> dict[str, str]:
    """What bash tells a program that it asks for completions."""
    words = line.split(" ")
    return {"_COLACTL_COMPLETE": "complete_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}


def table(medians: Mapping[str, float], ratios: Mapping[str, float]) -> str:
    """The medians, and below them the ratios beside what is asked."""
    times = markdown(["command", "ms"], *([name, f"{1e3 * value:.0f}"] for name, value in medians.items()))
    compared = ([name, f"{value:.2f}", RATIOS[name][2]] for name, value in ratios.items())
    return "\n\n".join([machine(1), times, markdown(["ratio", "", "asked"], *compared)]) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
