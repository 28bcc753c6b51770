"""What a config may hold: a dataclass for each group, and one declaration for each key.

All that is said of a key stands here, but for its comment, which stands on its line in the shipped configs. Checks, the
suggestions in messages, completion, `configs/README.md` and `configs/schema.json` read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from colactl.schema.declaration import Key, argument, key, keys, schema
from colactl.schema.values import Values, either, integer, list_of, mapping_of, number, one_of, text

LARGEST_SEED = 2**32 - 1  # NumPy's bound
SHORTEST_INPUT = 3  # one token between the two special ones

METRICS = ("loss", "accuracy", "f1", "precision_macro", "recall_macro", "precision_micro", "recall_micro", "mcc")
MONITORS = tuple(f"valid/{metric}" for metric in METRICS)
SPLITS = ("train", "validation", "test")

PRECISIONS = (
    *("auto", "32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true"),
    *("transformer-engine", "transformer-engine-float16"),
)
SHORT_PRECISIONS = ("16", "bf16", "32", "64")  # Lightning's short names for some of them
ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps", "tpu")  # all that Lightning has; a program may register more
STRATEGIES = (  # the same, but for those that fork, or start anew from a main function, which colactl does not have
    *("auto", "ddp", "ddp_find_unused_parameters_true", "ddp_find_unused_parameters_false"),
    *("fsdp", "fsdp_cpu_offload", "deepspeed", "deepspeed_stage_1", "deepspeed_stage_2"),
    *("deepspeed_stage_2_offload", "deepspeed_stage_3", "deepspeed_stage_3_offload"),
    *("deepspeed_stage_3_offload_nvme", "single_device", "single_xla", "single_tpu", "xla", "xla_debug"),
)
PROFILERS = ("simple", "advanced", "pytorch", "xla")

LAUNCHER = "hydra/launcher"  # the one group of Hydra's own that colactl uses
# Of Hydra's own keys, the ones that have an effect.
HONOURED = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.launcher", "hydra.verbose")

PATH = text("a path")
PATHS = either(PATH, list_of(PATH)).described("a path or a list of paths")
COLUMN = either(text("a header"), integer(0)).described("a header's name or a position from 0")
LIMIT = either(integer(0), number(0.0, 1.0)).described("an integer of at least 0 or a fraction from 0.0 to 1.0")
MONITOR = one_of(*MONITORS)
PLAIN_METRICS = dict(zip(METRICS, MONITORS, strict=True))
DURATION = either(
    text("DD:HH:MM:SS", r"\s*\d+(:\d\d){3}\s*"),
    mapping_of(number(0.0), "weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds"),
).described("a time as DD:HH:MM:SS")


def metric_name(metric: str) -> str:
    """The name of a metric, or of another number in result.json, in tables and messages."""
    return {"mcc": "MCC", "f1": "F1"}.get(metric, metric.replace("_", " "))


def is_batches(value: Any) -> bool:
    """Whether it is a limit as Lightning reads one: it takes 5.0 for 5 batches."""
    return LIMIT.test(value) or (isinstance(value, float) and value >= 1 and value.is_integer())


def is_precision(value: Any) -> bool:
    """Whether it is one of Lightning's precisions, which may be typed as numbers: 16 and 32."""
    return str(value) in (*PRECISIONS, *SHORT_PRECISIONS)


def starts_afresh(value: Any) -> bool:
    """Whether a strategy does not fork: torch and tokenizers that have begun to work do not survive that."""
    return not any(word in str(value).lower() for word in ("spawn", "fork", "notebook"))


@schema
class Pretrained:
    """A model of the Hub or of a local folder."""

    name: str = key(other_names=("model_name", "model_name_or_path"))
    tokenizer: str | None = key(None)
    revision: str | None = key(None)
    max_positions: int | None = key(None, integer(SHORTEST_INPUT), unit="tokens")


@schema
class Scratch:
    """An architecture to initialise at random, and how large a vocabulary to learn for it."""

    name: None = key(None)
    tokenizer: str | None = key(None)
    revision: str | None = key(None)
    max_positions: int | None = key(None, integer(SHORTEST_INPUT), unit="tokens")
    vocab_size: int = key(1500, integer(10), unit="word pieces")
    architecture: dict[str, Any] = key()


@schema
class MinimalPairs:
    """The embedded corpus."""

    source: str = key(values=one_of("minimal_pairs"))
    seed: int = key(0, integer(0))


@schema
class Columns:
    """What the columns of a table are called."""

    sentence: str | int = key("sentence", COLUMN)
    label: str | int = key("label", COLUMN)
    source: str | int | None = key(None, COLUMN)


@schema
class Hub:
    """A data set of the Hub; each split by the repository's name for it."""

    source: str = key(values=one_of("hub"))
    path: str = key()
    name: str | None = key(None)
    revision: str | None = key(None)
    train: str = key("train")
    validation: str = key("validation")
    test: str | None = key(None)
    columns: Columns = key()


@schema
class Files:
    """The user's own files; each split a path or a list of paths."""

    source: str = key(values=one_of("files"))
    train: str | list[str] = key(values=PATHS)
    validation: str | list[str] = key(values=PATHS)
    test: str | list[str] | None = key(None, PATHS)
    format: str = key("auto", one_of("auto", "tsv", "csv", "jsonl", "parquet"))
    columns: Columns = key()


@schema
class Processing:
    """Batches."""

    batch_size: int = key(
        64, integer(1), unit="sentences", other_names=("train_batch_size", "per_device_train_batch_size")
    )
    max_length: int = key(64, integer(SHORTEST_INPUT), unit="tokens", other_names=("max_seq_length",))


@schema
class Training:
    """Arguments of `pl.Trainer`, the number of threads, and the economies."""

    max_epochs: int | None = key(
        8,
        either(integer(0), -1).described("an integer of at least 0, or -1 for no limit"),
        unit="epochs",
        other_names=("epochs", "num_epochs", "num_train_epochs"),
    )
    max_steps: int = key(
        -1, either(integer(0), -1).described("an integer of at least 0, or -1 for no limit"), unit="steps"
    )
    log_every_n_steps: int = key(50, integer(1), unit="steps", other_names=("logging_steps",))
    deterministic: bool | str = key(
        True, either(True, False, "warn").described("true, false or warn"), usual=("true", "false", "warn")
    )
    limit_train_batches: int | float | None = key(1.0, LIMIT)
    limit_val_batches: int | float | None = key(1.0, LIMIT)
    num_sanity_val_steps: int = key(0, integer(-1), unit="steps")
    precision: str | int | None = key(
        "auto",
        Values(
            is_precision,
            "auto, 32-true, bf16-mixed, 16-mixed or another of Lightning's",
            {"enum": [*PRECISIONS, *SHORT_PRECISIONS, 16, 32, 64]},
            PRECISIONS,
        ),
        other_names=("precision",),
        other_words={
            **dict.fromkeys(("fp16", "float16", "half", "mixed", "amp", "16-bit", "16bit"), "16-mixed"),
            **dict.fromkeys(("bfloat16", "bf16-amp"), "bf16-mixed"),
            **dict.fromkeys(("fp32", "float32", "float", "full", "tf32", "32-bit", "32bit"), "32-true"),
            **dict.fromkeys(("fp64", "float64", "double"), "64-true"),
        },
        switches={("fp16", True): "16-mixed", ("bf16", True): "bf16-mixed"},
    )
    accelerator: str = key(
        "auto",
        usual=ACCELERATORS,
        other_names=("accelerator",),
        switches={("use_cpu", True): "cpu", ("no_cuda", True): "cpu"},
    )
    devices: int | str | list[int] = key(
        1,
        either(
            integer(1), -1, text("auto", r"auto|-1|[1-9]\d*|(\s*\d+\s*,)+(\s*\d+\s*)?"), list_of(integer(0))
        ).described("an integer of at least 1, -1 or auto for all, or a list of indices"),
        usual=("auto", "1", "2"),
        other_names=("devices", "gpus"),
    )
    num_nodes: int = key(1, integer(1), unit="machines")
    strategy: str = key(
        "auto",
        Values(starts_afresh, "ddp or another that starts its processes afresh", {"type": "string"}),
        usual=STRATEGIES,
    )
    gradient_clip_val: float | None = key(1.0, number(0.0), other_names=("max_grad_norm",))
    accumulate_grad_batches: int = key(1, integer(1), unit="batches", other_names=("gradient_accumulation_steps",))
    enable_progress_bar: bool = key(True)
    economies: str = key("auto", one_of("auto", "none"), other_words=dict.fromkeys(("off", "false", "no"), "none"))
    threads: int | str = key("auto", either("auto", integer(1)), usual=("auto", "1", "2"))
    max_time: str | dict[str, float] | None = argument(DURATION, example="00:12:00:00")
    min_epochs: int | None = argument(integer(0), unit="epochs", example="1")
    min_steps: int | None = argument(integer(-1), unit="steps", example="1")
    check_val_every_n_epoch: int | None = argument(integer(1), unit="epochs", example="1")
    val_check_interval: int | float | str | dict[str, float] | None = argument(
        either(Values(is_batches, "batches", LIMIT.json), DURATION).described(
            "an integer, a fraction or a time as DD:HH:MM:SS"
        ),
        example="0.5",
    )
    overfit_batches: int | float = argument(Values(is_batches, LIMIT.words, LIMIT.json), example="1")
    fast_dev_run: bool | int = argument(
        either(True, False, integer(0)).described("true, false or an integer"), example="true"
    )
    gradient_clip_algorithm: str | None = argument(one_of("norm", "value", any_case=True))
    profiler: str | None = argument(one_of(*PROFILERS, any_case=True))


@schema
class Optimizer:
    """An optimizer class, its arguments, and the schedule."""

    _target_: str = key("torch.optim.AdamW")
    lr: float | str = key(
        "auto", either("auto", number(0.0, above=True)), usual=("auto",), other_names=("lr", "learning_rate")
    )
    weight_decay: float = key(0.01, number(0.0))
    warmup_ratio: float = key(0.1, number(0.0, 1.0))
    betas: list[float] = argument(
        list_of(number(0.0, 1.0, below=True), length=2).described("two numbers from 0 to 1, and not 1"),
        example="[0.9,0.95]",
    )
    eps: float = argument(number(0.0), example="1e-8")
    momentum: float = argument(number(0.0), example="0.9")


@schema
class Wandb:
    """Weights & Biases."""

    project: str = key("colactl")
    entity: str | None = key(None)
    name: str | None = key(None)
    group: str | None = key(None)
    mode: str = key("offline", one_of("online", "offline", "disabled"))


@schema
class Logger:
    """Where metrics go."""

    csv: bool = key(True)
    wandb: Wandb | None = key()


@schema
class Checkpoint:
    """Which checkpoint is the best, and how often the last one is written."""

    monitor: str = key("valid/mcc", MONITOR, other_words=PLAIN_METRICS)
    every_n_steps: int | None = key(None, integer(1), unit="steps", other_names=("save_steps",))


@schema
class EarlyStopping:
    """When to stop before the last epoch."""

    monitor: str = key("valid/mcc", MONITOR, other_words=PLAIN_METRICS)
    patience: int = key(5, integer(0), unit="validations")


@schema
class Callbacks:
    """The callbacks of every run."""

    checkpoint: Checkpoint | None = key(switches={("enable_checkpointing", False): "null"})
    early_stopping: EarlyStopping | None = key()
    plots: bool = key(True)
    export: bool = key(True)


@schema
class Config:
    """What training needs of a config; what else is in it is the user's own."""

    seed: int = key(0, integer(0, LARGEST_SEED))
    model: Pretrained | Scratch = key()
    data: MinimalPairs | Hub | Files = key(other_names=("datamodule",))
    processing: Processing = key()
    training: Training = key(other_names=("trainer",))
    optimizer: Optimizer = key()
    logger: Logger = key()
    callbacks: Callbacks = key()


TOP = dict(keys(Config))
GROUPS = {name: one.nested for name, one in TOP.items() if one.nested}
SOURCES = {keys(kind)["source"].choices[0]: kind for kind in GROUPS["data"]}


def schema_of(group: str, values: Mapping[str, Any]) -> type:
    """The dataclass of a group; those of data and model depend on what the group holds."""
    if group == "data":
        return SOURCES.get(str(values.get("source")), GROUPS[group][0])
    if group == "model" and values.get("name", "") is None:
        return Scratch
    return GROUPS[group][0]


def declarations() -> Iterator[tuple[str, Key]]:
    """Every key that is declared, by its path; one of several dataclasses of a group as often as they have it."""
    for name, one in TOP.items():
        yield name, one
        for kind in GROUPS.get(name, ()):
            yield from _below(name, kind)


def _below(path: str, kind: type) -> Iterator[tuple[str, Key]]:
    for name, one in keys(kind).items():
        yield f"{path}.{name}", one
        for nested in one.nested:
            yield from _below(f"{path}.{name}", nested)


def declared(path: str, plain: Mapping[str, Any] | None = None) -> Key | None:
    """What is declared of a key path.

    Args:
        path: With its group.
        plain: The config, where that is known: the keys of data and model depend on what these groups hold. Without it,
            of several declarations the one that says which values are allowed.
    """
    group, *below = path.split(".")
    if not below:
        return TOP.get(group)
    kinds = GROUPS.get(group, ())
    if plain is not None and kinds:
        kinds = (schema_of(group, plain.get(group) or {}),)
    matching: list[Key] = []
    for name in below:
        matching = [keys(kind)[name] for kind in kinds if name in keys(kind)]
        kinds = tuple(kind for one in matching for kind in one.nested)
    return max(matching, key=lambda one: one.values is not None, default=None)
