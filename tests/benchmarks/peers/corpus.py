"""CoLA's raw files for the peers, and the line that each of them prints at its end."""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path
from typing import Any

from datasets import Dataset

WARMUP_STEPS = 3  # not counted, as in colactl's own figure


def read(*files: Path) -> Dataset:
    """The columns `sentence` and `label` of raw files: source, label, mark, sentence, without a header or quotes."""
    rows: list[list[str]] = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            rows += csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return Dataset.from_dict({"sentence": [row[3] for row in rows], "label": [int(row[1]) for row in rows]})


class Clock:
    """When each step ended, on the wall."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def step(self) -> None:
        self.ends.append(time.time())

    def report(self, sentences: int, batch_size: int, training_seconds: float, **more: Any) -> None:
        """Prints the figures as one line of JSON.

        Args:
            sentences: Of all epochs: the last batch of one may be smaller.
            batch_size: Sentences a full batch.
            training_seconds: Wall time of the training itself.
            more: Further figures.
        """
        trained = min(sentences, len(self.ends) * batch_size) - WARMUP_STEPS * batch_size
        figures = {
            "first_step_at": self.ends[0],
            "sentences_per_second": trained / (self.ends[-1] - self.ends[WARMUP_STEPS - 1]),
            "training_seconds": training_seconds,
            "steps": len(self.ends),
            **more,
        }
        sys.stdout.write(json.dumps(figures) + "\n")
