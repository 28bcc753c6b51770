"""The options that every benchmark has, medians of rounds, and tables."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders import Measured

PACKAGES = ("torch", "transformers", "pytorch-lightning")
HEADINGS = ("", "sentences/s", "colactl's ratio", "s to step 1", "s training", "s command")


def options_of(doc: str | None, rounds: int) -> argparse.ArgumentParser:
    """A parser with the options of every benchmark; its description is the first line of a docstring."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {figure: statistics.median(each[figure] for each in rounds) for figure in rounds[0]}


def markdown(*rows: Iterable[object]) -> str:
    """A table whose first row is its heading."""
    heading, *others = [list(map(str, row)) for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heading, ["---"] * len(heading), *others])


def summarise(rounds: Mapping[str, Sequence[Measured]]) -> dict[str, dict[str, Any]]:
    """For each contender its medians, and by how much the first one is faster, the median of the rounds' own ratios.

    Args:
        rounds: For each contender its runs, one a round; ours comes first.
    """
    ours = next(iter(rounds.values()))
    return {
        name: {
            **{key: statistics.median(getattr(run, key) for run in runs) for key in Measured.SECONDS},
            "sentences_per_second": statistics.median(run.sentences_per_second for run in runs),
            "ratio": statistics.median(
                mine.sentences_per_second / run.sentences_per_second for mine, run in zip(ours, runs, strict=True)
            ),
            "mcc": [run.mcc for run in runs if run.mcc is not None],
        }
        for name, runs in rounds.items()
    }


def speeds(summary: Mapping[str, Mapping[str, Any]], notes: Mapping[str, str]) -> str:
    """A Markdown table of the speeds; a note says which part of the epoch a contender was given."""
    rows: list[list[str]] = []
    for name, figures in summary.items():
        partial = name in notes
        cells = [
            f"{name} ({notes[name]})" if partial else name,
            f"{figures['sentences_per_second']:.0f}",
            f"{figures['ratio']:.2f}",
            f"{figures['to_first_step']:.1f}",
            "" if partial else f"{figures['training']:.1f}",
            "" if partial else f"{figures['command']:.1f}",
        ]
        rows.append(cells)
    return markdown(HEADINGS, *rows)


def proof(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """A sentence on what the proof of colactl's economies costs."""
    ours = next(iter(summary.values()))
    share = ours["proof"] / ours["training"]
    return f"The proof of the economies takes {ours['proof']:.2f} s, {share:.1%} of colactl's training."


def quality(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """A Markdown table of the MCC on the development set, for those that trained for the whole epoch."""
    whole = {name: figures["mcc"] for name, figures in summary.items() if figures["mcc"]}
    seeds = range(max(map(len, whole.values()), default=0))
    rows = ([name, *(f"{value:.3f}" for value in (*values, statistics.mean(values)))] for name, values in whole.items())
    return markdown(["MCC", *(f"seed {seed}" for seed in seeds), "mean"], *rows)


def machine(threads: int) -> str:
    """The processor and the versions, in a line."""
    from importlib.metadata import version

    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{_processor()}, {threads} threads on {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"
    )


def _processor() -> str:
    """The processor's name where Linux tells it, with what decides the speed of bfloat16."""
    file = Path("/proc/cpuinfo")
    if not file.is_file():
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in file.read_text().splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    extensions = [name for name in ("avx512_bf16", "amx_bf16") if name in facts.get("flags", "").split()]
    return " ".join([facts.get("model name", platform.machine()), *extensions])
