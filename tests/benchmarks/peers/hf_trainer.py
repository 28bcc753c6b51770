"""Hugging Face's Trainer, with its best flags for the device or, with --padded, as its GLUE example sets it."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torchmetrics.functional.classification import binary_matthews_corrcoef
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
    default_data_collator,
    set_seed,
)

from tests.benchmarks.peers.corpus import WARMUP_STEPS, Clock, read

PADDED_LENGTH = 128  # tokens: max_seq_length of the GLUE example
BEST: dict[str, Any] = {"bf16": True, "optim": "adamw_torch_fused", "train_sampling_strategy": "group_by_length"}
ON_CPU: dict[str, Any] = {"use_cpu": True, "dataloader_pin_memory": False}
ON_CUDA: dict[str, Any] = {
    "dataloader_pin_memory": True,
    "dataloader_num_workers": 4,
    "dataloader_persistent_workers": True,
    "logging_nan_inf_filter": False,  # it would wait for the device at every step
}


class Steps(TrainerCallback):
    def __init__(self, device: str) -> None:
        self.clock, self.device = Clock(), device

    def on_step_end(self, _: Any, state: TrainerState, *__: Any, **___: Any) -> None:
        # A GPU is still at work when the step returns; to wait for it every time would make it idle.
        if self.device == "cuda" and (state.global_step <= WARMUP_STEPS or state.global_step == state.max_steps):
            torch.cuda.synchronize()
        self.clock.step()


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    set_seed(options.seed)  # the Trainer seeds too, but only after the new classifier is drawn
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    padding = {"padding": "max_length", "max_length": PADDED_LENGTH} if options.padded else {"max_length": 64}

    def tokenize(rows: dict[str, list[str]]) -> Any:
        return tokenizer(rows["sentence"], truncation=True, **padding)

    train = read(options.data / "in_domain_train.tsv").map(tokenize, batched=True)
    dev = read(options.data / "in_domain_dev.tsv", options.data / "out_of_domain_dev.tsv").map(tokenize, batched=True)
    steps = Steps(options.device)
    with TemporaryDirectory() as folder:
        trainer = Trainer(
            model=AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=2),
            args=TrainingArguments(folder, **settings(options)),
            data_collator=default_data_collator if options.padded else DataCollatorWithPadding(tokenizer),
            train_dataset=train,
            callbacks=[steps],
        )
        begun = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - begun
        predictions = trainer.predict(dev) if options.steps < 0 else None
    mcc = None
    if predictions is not None:
        answers = torch.tensor(np.argmax(predictions.predictions, axis=1))
        mcc = float(binary_matthews_corrcoef(answers, torch.tensor(predictions.label_ids)))
    steps.clock.report(len(train) * options.epochs, options.batch_size, seconds, mcc=mcc)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Arguments of `TrainingArguments`; whatever is no matter of speed is as in colactl."""
    return {
        "per_device_train_batch_size": options.batch_size,
        "per_device_eval_batch_size": options.batch_size,
        "num_train_epochs": options.epochs,
        "max_steps": options.steps,
        "learning_rate": options.lr,
        "weight_decay": 0.01,
        "warmup_steps": 0.1,  # below 1 it is a share of all steps
        "seed": options.seed,
        **(ON_CUDA if options.device == "cuda" else ON_CPU),
        "report_to": "none",
        "save_strategy": "no",
        "logging_strategy": "no",
        "disable_tqdm": True,
        **({} if options.padded else BEST),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=-1, help="-1 is all epochs")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lr", type=float, default=3e-5)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--padded", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
