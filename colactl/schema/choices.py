"""The values of keys that take one of a few: what validation accepts, and what a shell offers.

Plain data, apart from the schema, because a shell cannot wait for the libraries that the schema is made with.
"""

from __future__ import annotations

METRICS = ("loss", "accuracy", "f1", "precision_macro", "recall_macro", "precision_micro", "recall_micro", "mcc")
MONITORS = tuple(f"valid/{metric}" for metric in METRICS)

# Nothing else will do.
CHOICES: dict[str, tuple[str, ...]] = {
    "training.precision": (
        *("auto", "32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true"),
        *("transformer-engine", "transformer-engine-float16"),
    ),
    "training.economies": ("auto", "none"),
    "data.format": ("auto", "tsv", "csv", "jsonl", "parquet"),
    "logger.wandb.mode": ("online", "offline", "disabled"),
    "callbacks.checkpoint.monitor": MONITORS,
    "callbacks.early_stopping.monitor": MONITORS,
}

SHORT_PRECISIONS = ("16", "bf16", "32", "64")  # Lightning's short names for some precisions
# What else people call some of the choices, in lower case.
OTHER_WORDS: dict[str, dict[str, str]] = {
    "training.precision": {
        **dict.fromkeys(("fp16", "float16", "half", "mixed", "amp", "16-bit", "16bit"), "16-mixed"),
        **dict.fromkeys(("bfloat16", "bf16-amp"), "bf16-mixed"),
        **dict.fromkeys(("fp32", "float32", "float", "full", "tf32", "32-bit", "32bit"), "32-true"),
        **dict.fromkeys(("fp64", "float64", "double"), "64-true"),
    },
    "training.economies": dict.fromkeys(("off", "false", "no"), "none"),
}

# These are meant most of the time; of accelerators and strategies a program may register more.
USUAL: dict[str, tuple[str, ...]] = {
    "training.deterministic": ("true", "false", "warn"),
    "training.accelerator": ("auto", "cpu", "gpu", "cuda", "mps", "tpu"),  # all that Lightning has
    "training.strategy": (  # all but those that fork, or start anew from a main function that we do not have
        *("auto", "ddp", "ddp_find_unused_parameters_true", "ddp_find_unused_parameters_false"),
        *("fsdp", "fsdp_cpu_offload", "deepspeed", "deepspeed_stage_1", "deepspeed_stage_2"),
        *("deepspeed_stage_2_offload", "deepspeed_stage_3", "deepspeed_stage_3_offload"),
        *("deepspeed_stage_3_offload_nvme", "single_device", "single_xla", "single_tpu", "xla", "xla_debug"),
    ),
    "training.devices": ("auto", "1", "2"),
    "training.threads": ("auto", "1", "2"),
    "optimizer.lr": ("auto",),
}

LAUNCHER = "hydra/launcher"  # the one group of Hydra's own that colactl uses
# Of Hydra's own keys, the ones that have an effect.
HONOURED = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.launcher", "hydra.verbose")
