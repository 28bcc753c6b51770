"""A training run from a settled config to its result."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import Logger
from transformers import PreTrainedTokenizerBase

from colactl.training import export, plots, tracking
from colactl.training.corpus import Splits
from colactl.training.data_module import AcceptabilityData
from colactl.training.interruption import interruptible
from colactl.training.model import build_model
from colactl.training.module import Classifier
from colactl.training.talk import quiet
from colactl.training.throughput import Throughput
from colactl.training.tokenization import load_tokenizer
from colactl.training.trainer import build_trainer

FIGURES = (
    "mcc",
    "accuracy",
    "f1",
    "precision_macro",
    "recall_macro",
    "precision_micro",
    "recall_micro",
    "loss",
)

log = logging.getLogger(__name__)


def fit(config: DictConfig, splits: Splits, folder: Path, talkative: bool = True) -> dict[str, Any]:
    """Trains, and writes all that a run leaves but for its result.

    Args:
        config: The whole config, settled.
        splits: The corpus.
        folder: The run's folder, which is there; metrics.csv, checkpoints/, model/, plots/, train.log and wandb/ go
            into it.
        talkative: Whether progress and warnings may be shown on stderr.

    Returns:
        The run's figures, flat. The best checkpoint's on the validation split: see `metrics.measure`, and
        `degenerate`, whether it gave every sentence the same answer; all None where no batch was validated. Of the
        training: `epochs` (completed), `best_epoch` (from 0), `steps`, `train_sentences`, `validation_sentences`,
        `seconds`, `threads`, and the speed: see `Throughput.figures`.

    Raises:
        ConfigError: Something in the config is refused by the library that it is for.
        ModelError: The model or the tokenizer is not to be had.
        Interrupted: The user or the system asked it to stop.
    """
    begun = time.perf_counter()
    logger: Logger | None = None
    exit_code = 1
    with quiet(folder / "train.log", talkative), interruptible():
        try:
            torch.set_num_threads(config.training.threads)
            pl.seed_everything(config.seed, workers=True, verbose=False)
            tokenizer, data, module = _parts(config, splits)
            logger = tracking.wandb_logger(config, folder)
            throughput = Throughput()
            trainer = build_trainer(config, folder, logger, talkative, throughput)
            trainer.fit(module, datamodule=data)
            result = _result(trainer, module, data, throughput) | {"threads": config.training.threads}
            result["seconds"] = time.perf_counter() - begun
            if trainer.is_global_zero:
                _leave(config, folder, module, tokenizer, result)
                _track(logger, module, data, splits)
            exit_code = 0
        finally:
            tracking.finish(logger, exit_code)
    return result


def _parts(config: DictConfig, splits: Splits) -> tuple[PreTrainedTokenizerBase, AcceptabilityData, Classifier]:
    processing = config.processing
    tokenizer = load_tokenizer(config.model, splits.train.sentences)
    network = build_model(config.model, tokenizer, processing.max_length)
    data = AcceptabilityData(splits, tokenizer, processing.batch_size, processing.max_length, config.seed)
    return tokenizer, data, Classifier(network, config.optimizer, config.training.log_every_n_steps)


def _result(trainer: pl.Trainer, module: Classifier, data: AcceptabilityData, throughput: Throughput) -> dict[str, Any]:
    epochs, steps = trainer.current_epoch, trainer.global_step
    best_epoch = _load_best(trainer, module)
    module.forget_validation()  # what follows is the best checkpoint's, or nothing
    trainer.validate(module, datamodule=data, verbose=False)
    scored = module.scored
    return {
        **{name: module.figures.get(name) for name in FIGURES},
        "degenerate": None if scored is None else scored.degenerate(),
        "epochs": epochs,
        "best_epoch": best_epoch,
        "steps": steps,
        "train_sentences": len(data.train),
        "validation_sentences": len(data.validation),
        **throughput.figures(),
    }


def _load_best(trainer: pl.Trainer, module: Classifier) -> int | None:
    """Loads the best checkpoint's weights where there is one, and returns the epoch that it was saved in, from 0."""
    best = next((c for c in trainer.checkpoint_callbacks if isinstance(c, ModelCheckpoint) and c.best_model_path), None)
    if best is None:
        return None
    checkpoint = torch.load(best.best_model_path, map_location="cpu", weights_only=True)
    module.load_state_dict(checkpoint["state_dict"])
    return int(checkpoint["epoch"])


def _leave(
    config: DictConfig, folder: Path, module: Classifier, tokenizer: PreTrainedTokenizerBase, result: dict[str, Any]
) -> None:
    """Writes the model and the pictures."""
    export.save(module.network, tokenizer, folder / "model", config, result)
    plots.draw(folder / "plots", module.curves, module.scored.confusion() if module.scored else [[0, 0], [0, 0]])
    log.info("Trained for %d steps: %s", result["steps"], result)


def _track(logger: Logger | None, module: Classifier, data: AcceptabilityData, splits: Splits) -> None:
    """Logs the validation's sentences; fewer than there are where `limit_val_batches` cut it short."""
    if module.scored is None:
        return
    probabilities = module.scored.probabilities()
    order = data.validation_order()[: len(probabilities)]
    sentences = [splits.validation.sentences[position] for position in order]
    tracking.log_validation(logger, module.scored.labels.tolist(), probabilities, sentences)
