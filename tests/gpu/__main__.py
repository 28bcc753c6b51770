"""Checks colactl on a GPU: python -m tests.gpu [--minutes 6] [--json FILE] [--only NAME...] [--device cpu].

It needs no network and no weights. Without a device it says so and exits 0; it exits 1 if a check failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.table import machine
from tests.gpu.bench import Bench, CheckError, Finding
from tests.gpu.checks import CHECKS, Check
from tests.gpu.commands import CommandError, OutOfTimeError

NO_DEVICE = "This machine has no CUDA device: nothing was checked."
HEADINGS = ("check", "status", "seconds", "found")


@dataclass
class Outcome:
    """What came of a check.

    Attributes:
        name: The check's.
        status: done, failed or skipped.
        seconds: That it took.
        summary: In a few words.
        error: The traceback, or what the command that failed said.
        figures: See `Finding`.
        notes: As above.
    """

    name: str
    status: str
    seconds: float
    summary: str
    error: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the checks; returns the exit code."""
    options = parse(arguments)
    device = cuda_device() if options.device == "cuda" else "cpu"
    if device is None:
        say(NO_DEVICE)
        return 0
    title = f"{device}; {machine(os.cpu_count() or 1)}"
    say(title)
    checks = [check for check in CHECKS if options.only is None or check.name in options.only]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="colactl-gpu-") as folder:
        for outcome in run(checks, Path(folder), options.device, 60 * options.minutes):
            outcomes.append(outcome)
            say(f"{outcome.name}: {outcome.status}, {outcome.seconds:.1f} s: {outcome.summary}")
            if options.json:  # after each: what is known is kept if this process is killed
                report_data = {"machine": title, "checks": [asdict(each) for each in outcomes]}
                options.json.write_text(json.dumps(report_data, indent=2) + "\n")
    say("\n".join(["", *report(outcomes)]))
    return int(any(outcome.status == "failed" for outcome in outcomes))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.gpu", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--minutes", type=float, default=6, help="the most that all checks may take")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found here too")
    parser.add_argument("--only", nargs="+", choices=[check.name for check in CHECKS], metavar="NAME")
    parser.add_argument(
        "--device", choices=("cuda", "cpu"), default="cuda", help="cpu tries the checks, at small sizes"
    )
    return parser.parse_args(arguments)


def cuda_device() -> str | None:
    """The CUDA device's name, with its memory and CUDA's version; None where there is none."""
    import torch

    if not torch.cuda.is_available():
        return None
    properties = torch.cuda.get_device_properties(0)
    return f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"


def run(
    checks: Sequence[Check], folder: Path, device: str, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Any:
    """The outcome of each check, one at a time, whatever became of those before it.

    Args:
        checks: The most important first.
        folder: Where they work.
        device: cuda or cpu.
        seconds: The most that all may take; a check that would begin later is skipped.
        clock: A monotonic one.
    """
    begun = clock()
    for check in checks:
        now = clock()
        if now >= begun + seconds:
            yield Outcome(check.name, "skipped", 0.0, "out of time")
            continue
        deadline = min(begun + seconds, now + check.share * seconds)
        bench = Bench(folder, device, deadline, half_time=begun + seconds / 2)
        try:
            finding, status, error = check.function(bench), "done", None
        except Exception as raised:  # whatever it is, the next check is to run
            # That the time of all is over is no fault of the check's; to take more than its own share is.
            status = "skipped" if isinstance(raised, OutOfTimeError) and clock() >= begun + seconds else "failed"
            finding, error = Finding(first_line(raised)), details(raised)
        yield Outcome(check.name, status, clock() - now, finding.summary, error, finding.figures, finding.notes)


def first_line(error: Exception) -> str:
    """An error in one line; of a command, what became of it."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[1] if isinstance(error, CommandError) else lines[0]


def details(error: Exception) -> str:
    """All that is known of an error."""
    return str(error) if isinstance(error, CheckError | CommandError) else "".join(traceback.format_exception(error))


def report(outcomes: Sequence[Outcome]) -> list[str]:
    """The table, then what was noted, then the failures with their tracebacks."""
    rows = [HEADINGS, *((each.name, each.status, f"{each.seconds:.1f}", each.summary) for each in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{name:{widths[0]}}  {status:{widths[1]}}  {took:>{widths[2]}}  {summary}"
        for name, status, took, summary in rows
    ]
    for each in outcomes:
        lines += ["", f"{each.name}:", *each.notes] if each.notes else []
    for each in outcomes:
        lines += ["", f"{each.name} {each.status}:", *each.error.splitlines()] if each.error else []
    return lines


def say(text: str) -> None:
    """Writes at once: who waits sees how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
