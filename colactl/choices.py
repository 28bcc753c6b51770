"""The values of keys that take one of a few: what validation accepts, and what a shell offers.

Plain data, apart from the schema, because a shell cannot wait for the libraries that the schema is made with.
"""

from __future__ import annotations

METRICS = ("loss", "accuracy", "f1", "precision_macro", "recall_macro", "precision_micro", "recall_micro", "mcc")
MONITORS = tuple(f"valid/{metric}" for metric in METRICS)

# Nothing else will do.
CHOICES: dict[str, tuple[str, ...]] = {
    "data.format": ("auto", "tsv", "csv", "jsonl", "parquet"),
    "logger.wandb.mode": ("online", "offline", "disabled"),
    "callbacks.checkpoint.monitor": MONITORS,
    "callbacks.early_stopping.monitor": MONITORS,
}

# These are meant most of the time.
USUAL: dict[str, tuple[str, ...]] = {
    "training.deterministic": ("true", "false", "warn"),
    "training.precision": ("auto", "32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true"),
    "training.accelerator": ("auto", "cpu", "gpu", "cuda", "mps", "tpu"),
    "training.strategy": ("auto", "ddp", "ddp_find_unused_parameters_true", "fsdp"),
    "training.devices": ("auto", "1", "2"),
    "training.threads": ("auto", "1", "2"),
    "optimizer.lr": ("auto",),
}

LAUNCHER = "hydra/launcher"  # the one group of Hydra's own that colactl uses
# Of Hydra's own keys, the ones that have an effect.
HONOURED = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.launcher", "hydra.verbose")
