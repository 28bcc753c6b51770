"""Where the checks work, how much is trained there, and what the runs leave."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOUD = ("WARNING", "ERROR", "CRITICAL")  # levels of train.log whose lines are shown
LONGEST_LINE = 300  # characters of such a line that are shown


class CheckError(Exception):
    """What was checked is not so."""


@dataclass(frozen=True)
class Size:
    """How much is trained.

    Attributes:
        base: Arguments of `BertConfig` for the model of the benchmark.
        small: As above, for the runs that are killed and resumed.
        steps: Of the benchmark; -1 is one epoch.
        overrides: Of every other run.
        save_steps: Between two checkpoints of a run that is killed.
    """

    base: dict[str, int]
    small: dict[str, int]
    steps: int
    overrides: tuple[str, ...]
    save_steps: int


def bert(hidden: int, layers: int, heads: int, vocabulary: int) -> dict[str, int]:
    """A BERT's size."""
    size = {"hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads}
    return {**size, "intermediate_size": 4 * hidden, "vocab_size": vocabulary}


SIZES = {
    # BERT base, uncased; the small one is wide enough to be trained as the large ones are
    "cuda": Size(bert(768, 12, 12, 30_522), bert(256, 4, 4, 30_522), -1, (), 50),
    "cpu": Size(
        bert(32, 2, 2, 2_000),
        bert(32, 2, 2, 2_000),
        8,
        ("training.max_epochs=1", "training.limit_train_batches=16", "training.limit_val_batches=1.0"),
        4,
    ),
}


@dataclass(frozen=True)
class Bench:
    """Where the checks work, and how long.

    Attributes:
        folder: A temporary one; each check's runs are in it, and later checks read the runs of earlier ones.
        device: cuda, or cpu to try the checks themselves.
        deadline: When the check that runs must be done, on the monotonic clock.
        half_time: When half of the time of all checks is over, on the same clock.
    """

    folder: Path
    device: str
    deadline: float
    half_time: float

    @property
    def size(self) -> Size:
        return SIZES[self.device]

    @property
    def accelerator(self) -> str:
        """The device, as Lightning calls it."""
        return f"training.accelerator={'gpu' if self.device == 'cuda' else 'cpu'}"

    @property
    def left(self) -> float:
        """Seconds."""
        return self.deadline - time.monotonic()


@dataclass
class Finding:
    """What a check found.

    Attributes:
        summary: In a few words.
        figures: For --json.
        notes: Lines to be shown below the table: what runs said at level WARNING or above, or a further table.
    """

    summary: str
    figures: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def write_bert(bench: Bench, name: str, size: dict[str, int]) -> Path:
    """A BERT with random weights, and a WordPiece vocabulary of the embedded corpus, in a folder of that name."""
    import torch
    import transformers

    from colactl import minimal_pairs
    from colactl.training.data.tokenization import learn_tokenizer
    from colactl.training.log import silent

    torch.manual_seed(0)
    with silent():
        network = transformers.BertForSequenceClassification(transformers.BertConfig(**size))
        network.save_pretrained(bench.folder / name)
    sentences = [example.sentence for example in minimal_pairs.generate().train]
    learn_tokenizer(sentences, size["vocab_size"], 512).save_pretrained(bench.folder / name)
    return bench.folder / name


def write_corpus(folder: Path) -> Path:
    """The embedded corpus, in the files that the benchmarks read: CoLA's."""
    from colactl import minimal_pairs

    folder.mkdir(exist_ok=True)
    corpus = minimal_pairs.generate()
    half = len(corpus.validation) // 2
    files = {
        "in_domain_train": corpus.train,
        "in_domain_dev": corpus.validation[:half],
        "out_of_domain_dev": corpus.validation[half:],
    }
    for name, examples in files.items():
        lines = (f"{example.source}\t{example.label}\t\t{example.sentence}\n" for example in examples)
        (folder / f"{name}.tsv").write_text("".join(lines), encoding="utf-8")
    return folder


def validation_sentences() -> list[str]:
    from colactl import minimal_pairs

    return [example.sentence for example in minimal_pairs.generate().validation]


def read_result(folder: Path) -> dict[str, Any]:
    """A run's figures.

    Raises:
        CheckError: It did not come to its end.
    """
    file = folder / "result.json"
    if not file.exists():
        raise CheckError(f"The run {folder.name} did not come to its end")
    result: dict[str, Any] = json.loads(file.read_text())
    return result


def locations(checkpoint: Path) -> list[str]:
    """The devices that a checkpoint's tensors were on."""
    import torch

    devices = set()

    def note(storage: Any, location: str) -> Any:
        devices.add(location)
        return storage

    torch.load(checkpoint, map_location=note, weights_only=True)
    return sorted(devices)


def said(folder: Path) -> list[str]:
    """What a run warned of, each line once."""
    return list(dict.fromkeys(warned((folder / "train.log").read_text())))


def warned(log: str) -> list[str]:
    """The lines of a train.log at level WARNING or above, without their time."""
    rows = (line.split(" ", 2) for line in log.splitlines())
    return [row[2][:LONGEST_LINE] for row in rows if len(row) == 3 and row[2].partition(" ")[0] in LOUD]
