"""Every benchmark with one command: python -m tests.benchmarks [--rounds N] [--json]."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

PARTS = ("cli", "train", "predict", "plan", "jobs", "kills", "sweep")


def main() -> int:
    """Runs one after the other, each in a process of its own; returns the first exit code that is not 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one object, a key for each part")
    options = parser.parse_args()
    found = {}
    for part in PARTS:
        command = [sys.executable, "-m", f"tests.benchmarks.{part}", f"--rounds={options.rounds}"]
        done = subprocess.run([*command, *(["--json"] if options.json else [])], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            return done.returncode
        if options.json:
            found[part] = json.loads(done.stdout)
        else:
            sys.stdout.write(f"{part}\n\n{done.stdout}\n")
    if options.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
