"""One command for all speeds: python -m tests.benchmarks.train [--rounds N] [--json]."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from tests.benchmarks.contenders import FAST, SLOW, Contender, Measured, Task, UnavailableError, find_task
from tests.benchmarks.table import machine, options_of, proof, quality, speeds, summarise

ROUNDS = 3  # each with a seed of its own
QUALITY_EPOCHS = 3  # after one, these weights still call nearly every sentence acceptable
SLOW_STEPS = 13  # of the 134 of an epoch: ten are timed
WARM_UP_STEPS = 5  # of each contender, thrown away: files are read and kernels compiled


def main() -> int:
    """Runs the rounds; returns the exit code."""
    options = arguments()
    try:
        task = replace(find_task(), threads=options.threads)
    except UnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    if options.quality:
        task = replace(task, epochs=QUALITY_EPOCHS)
    slow: dict[str, Contender] = {} if options.fast_only or options.quality else SLOW
    rounds = run(task, slow, options)
    summary = summarise(rounds)
    notes = dict.fromkeys(slow, f"{options.slow_steps} steps")
    if options.steps >= 0:
        notes |= dict.fromkeys(FAST, f"{options.steps} steps")
    if options.json:
        text = json.dumps(
            {"machine": machine(options.threads), "rounds": options.rounds, "contenders": summary}, indent=2
        )
    else:
        text = "\n\n".join([machine(options.threads), speeds(summary, notes), proof(summary), quality(summary)])
    sys.stdout.write(f"{text}\n")
    return 0


def run(task: Task, slow: dict[str, Contender], options: argparse.Namespace) -> dict[str, list[Measured]]:
    """For each contender its runs. They take turns, every other round backwards, so none has the better place."""
    contenders = {**FAST, **slow}
    for name, measure in contenders.items():
        sys.stderr.write(f"warming up: {name}\n")
        measure(replace(task, steps=WARM_UP_STEPS))
    rounds: dict[str, list[Measured]] = {name: [] for name in contenders}
    for index in range(options.rounds):
        turn = list(contenders)
        for name in turn if index % 2 == 0 else turn[::-1]:
            steps = options.slow_steps if name in slow else options.steps
            measured = contenders[name](replace(task, steps=steps, seed=index))
            rounds[name].append(measured)
            sys.stderr.write(f"round {index + 1}: {name}: {measured}\n")
    return rounds


def arguments() -> argparse.Namespace:
    parser = options_of(__doc__, ROUNDS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=-1, help="of the fast ones; -1 is one epoch")
    parser.add_argument("--slow-steps", type=int, default=SLOW_STEPS, help="of the slow ones; -1 is one epoch")
    parser.add_argument("--fast-only", action="store_true", help="leave the slow ones out")
    parser.add_argument(
        "--quality", action="store_true", help=f"{QUALITY_EPOCHS} epochs, for the MCC; the fast ones only"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
