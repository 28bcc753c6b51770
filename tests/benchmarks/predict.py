"""Sentences a second: colactl's scorer beside a transformers text-classification pipeline, on the same weights.

    COLACTL_COLA=DIR python -m tests.benchmarks.predict [--json] [--sentences N] [--rounds N]

The pipeline gets the batch size that is best for it here. Then both score the same sentences in turn, round after
round, so that what else the machine does meets both; the medians count. Each is measured from sentences to answers,
tokenization included, loading not.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
from transformers.utils import logging

from colactl.training.data.files import Columns, read_split
from colactl.training.scoring.scorer import Scorer, load_scorer
from tests.benchmarks.contenders import Task, UnavailableError, find_task
from tests.benchmarks.table import options_of

BATCH_SIZES = (8, 16, 32, 64, 128)
TRIAL_SENTENCES = 512  # that the best batch size is chosen by
WARMUP_SENTENCES = 64


def main() -> None:
    parser = options_of(__doc__, rounds=3)
    parser.add_argument("--sentences", type=int, default=8551, help="of CoLA's training split")
    arguments = parser.parse_args()
    try:
        task = find_task()
    except UnavailableError as error:
        raise SystemExit(str(error)) from None
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        model = write_model(task.model, Path(folder))
        figures = measure(model, cola(task)[: arguments.sentences], arguments.rounds)
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))  # noqa: T201 - a script's answer


def cola(task: Task) -> list[str]:
    """CoLA's 8,551 training sentences, in their order."""
    return read_split(task.data / "in_domain_train.tsv", Columns()).sentences


def write_model(source: str, folder: Path) -> Path:
    """A 6-layer BERT with real weights and a new head, as `save_pretrained` leaves it."""
    torch.manual_seed(0)
    AutoModelForSequenceClassification.from_pretrained(source, dtype="float32").save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return folder


def measure(model: Path, sentences: list[str], rounds: int) -> dict[str, Any]:
    """Both ways' sentences a second, and how far their answers are apart."""
    judge, scorer = pipeline("text-classification", model=str(model)), load_scorer(model)
    trials = {
        size: rate(lambda few, size=size: judge(few, batch_size=size), sentences[:TRIAL_SENTENCES])
        for size in BATCH_SIZES
    }
    best = max(trials, key=lambda size: trials[size])
    ways: dict[str, Callable[[list[str]], Any]] = {
        "pipeline": lambda several: judge(several, batch_size=best),
        "colactl": scorer.probabilities,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way(sentences[:WARMUP_SENTENCES])
    for _ in range(rounds):
        for name, way in ways.items():
            rates[name].append(rate(way, sentences))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "sentences": len(sentences),
        "pipeline_batch_size": best,
        "pipeline_trials": trials,
        "sentences_per_second": medians,
        "rounds": rates,
        "ratio": medians["colactl"] / medians["pipeline"],
        "largest_difference": difference(judge, scorer, sentences[:TRIAL_SENTENCES]),
    }


def rate(way: Callable[[list[str]], Any], sentences: list[str]) -> float:
    """Sentences a second, wall clock."""
    begun = time.perf_counter()
    way(sentences)
    return len(sentences) / (time.perf_counter() - begun)


def difference(judge: Any, scorer: Scorer, sentences: list[str]) -> float:
    """How far the two ways' probabilities of the second label are apart at most."""
    rows = judge(sentences, batch_size=BATCH_SIZES[0], top_k=None)
    theirs = [next(each["score"] for each in row if each["label"] == "LABEL_1") for row in rows]
    return max(abs(a - b) for a, b in zip(theirs, scorer.probabilities(sentences).tolist(), strict=True))


def table(figures: dict[str, Any]) -> str:
    """The figures as lines."""
    lines = [f"{'':24}{'median':>10}  rounds (sentences a second)"]
    for name, median in figures["sentences_per_second"].items():
        label = f"pipeline, batches of {figures['pipeline_batch_size']}" if name == "pipeline" else name
        lines.append(f"{label:24}{median:>10.0f}  {' '.join(f'{each:.0f}' for each in figures['rounds'][name])}")
    lines.append(f"{'ratio':24}{figures['ratio']:>10.2f}")
    lines.append(f"{'largest difference':24}{figures['largest_difference']:>10.4f}  of a probability")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
