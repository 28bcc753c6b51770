"""What the known groups hold: a dataclass each, merged with the composed config to check types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MISSING: Any = "???"  # the value of a key that must be set
SHIPPED_OPTIMIZER = "torch.optim.AdamW"
SHIPPED_OPTIONS = ("betas", "eps")  # what its config has that other classes may not take


@dataclass
class Pretrained:
    """A model of the Hub or of a local folder."""

    name: str = MISSING
    tokenizer: str | None = None
    revision: str | None = None
    max_positions: int | None = None


@dataclass
class Scratch:
    """An architecture to initialise at random, and how large a vocabulary to learn for it."""

    name: Any = None
    tokenizer: str | None = None
    revision: str | None = None
    max_positions: int | None = None
    vocab_size: int = 1500
    architecture: dict[str, Any] = MISSING


@dataclass
class MinimalPairs:
    """The embedded corpus."""

    source: str = MISSING
    seed: int = 0


@dataclass
class Columns:
    """A header's name or a position from 0."""

    sentence: Any = "sentence"
    label: Any = "label"
    source: Any = None


@dataclass
class Hub:
    """A data set of the Hub."""

    source: str = MISSING
    path: str = MISSING
    name: str | None = None
    revision: str | None = None
    train: str = "train"
    validation: str = "validation"
    test: str | None = None
    columns: Columns = field(default_factory=Columns)


@dataclass
class Files:
    """The user's own files; each split a path or a list of paths."""

    source: str = MISSING
    train: Any = MISSING
    validation: Any = MISSING
    test: Any = None
    format: str = "auto"
    columns: Columns = field(default_factory=Columns)


@dataclass
class Processing:
    """Batches."""

    batch_size: int = 64
    max_length: int = 64


@dataclass
class Training:
    """Arguments of `pl.Trainer`, the number of threads, and the economies."""

    max_epochs: int | None = 8
    max_steps: int = -1
    log_every_n_steps: int = 50
    deterministic: Any = True
    limit_train_batches: int | float | None = 1.0
    limit_val_batches: int | float | None = 1.0
    num_sanity_val_steps: int = 0
    precision: Any = "auto"
    accelerator: str = "auto"
    devices: Any = 1
    num_nodes: int = 1
    strategy: str = "auto"
    gradient_clip_val: float | None = 1.0
    accumulate_grad_batches: int = 1
    enable_progress_bar: bool = True
    economies: Any = "auto"
    threads: Any = "auto"


@dataclass
class Optimizer:
    """An optimizer class, its arguments, and the schedule."""

    _target_: str = SHIPPED_OPTIMIZER
    lr: Any = "auto"
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1


@dataclass
class Wandb:
    """Weights & Biases."""

    project: str = "colactl"
    entity: str | None = None
    name: str | None = None
    group: str | None = None
    mode: str = "offline"


@dataclass
class Logger:
    """Where metrics go."""

    csv: bool = True
    wandb: Wandb | None = field(default_factory=Wandb)


@dataclass
class Checkpoint:
    """Which checkpoint is the best, and how often the last one is written."""

    monitor: str = "valid/mcc"
    every_n_steps: int | None = None


@dataclass
class EarlyStopping:
    """When to stop before the last epoch."""

    monitor: str = "valid/mcc"
    patience: int = 5


@dataclass
class Callbacks:
    """The callbacks of every run."""

    checkpoint: Checkpoint | None = field(default_factory=Checkpoint)
    early_stopping: EarlyStopping | None = field(default_factory=EarlyStopping)
    plots: bool = True
    export: bool = True


SPLITS = ("train", "validation", "test")
DATA_BY_SOURCE: dict[str, type[Any]] = {"minimal_pairs": MinimalPairs, "hub": Hub, "files": Files}
GROUPS: dict[str, type[Any]] = {
    "model": Pretrained,  # or Scratch, where the name is null
    "data": MinimalPairs,  # or another, by its source
    "processing": Processing,
    "training": Training,
    "optimizer": Optimizer,
    "logger": Logger,
    "callbacks": Callbacks,
}
