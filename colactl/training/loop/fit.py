"""A training run from a settled config to its result."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import Logger
from transformers import PreTrainedTokenizerBase

from colactl.host.ranks import ALONE, ProcessGroup
from colactl.host.signals import interruptible
from colactl.runs.run import CHECKPOINTS, LOG, MODEL, PLOTS
from colactl.training.checkpoints.files import BEST, Checkpoint, newest, read
from colactl.training.checkpoints.saving import Checkpoints
from colactl.training.data.module import AcceptabilityData, tokenize_corpus
from colactl.training.data.split import Splits
from colactl.training.devices.settings import log_precision
from colactl.training.lightning_port import epochs_done, set_rank
from colactl.training.log import log_to
from colactl.training.loop.callbacks import Pruning, Report, build_callbacks
from colactl.training.loop.economies import Economical
from colactl.training.loop.trainer import build_loggers, build_trainer
from colactl.training.network import export
from colactl.training.network.economies import Economies
from colactl.training.network.embeddings import restore_embeddings
from colactl.training.network.metrics import Scored
from colactl.training.network.model import build_model
from colactl.training.network.module import Classifier
from colactl.training.records import plots, tracking
from colactl.training.records.throughput import Throughput

METRICS = ("mcc", "accuracy", "f1", "precision_macro", "recall_macro", "precision_micro", "recall_micro", "loss")

log = logging.getLogger(__name__)


def fit(
    config: DictConfig,
    splits: Splits,
    folder: Path,
    group: ProcessGroup = ALONE,
    verbose: bool = True,
    resume: bool = False,
    report: Report | None = None,
) -> dict[str, Any]:
    """Trains, and writes all files of a run but its result.

    Args:
        config: The whole config, settled.
        splits: The corpus.
        folder: The run's folder, which exists; metrics.csv, checkpoints/, model/, plots/, train.log and wandb/ go
            into it.
        group: Which of the run's processes this is; a worker writes nothing.
        verbose: Whether progress and warnings may be shown on stderr.
        resume: Whether to go on from the folder's newest checkpoint. On a CPU, with `training.deterministic` and the
            same config and packages, the weights are the same to the last bit as if the run had never stopped.
        report: Takes the metric of each validation, if the training may be pruned.

    Returns:
        The run's metrics, flat. The best checkpoint's on the validation split: see `metrics.measure`, and
        `degenerate`, whether it gave every sentence the same answer; all None where no batch was validated. Of the
        training: `epochs` (completed), `best_epoch` (from 0), `steps`, `train_sentences`, `validation_sentences`,
        `seconds`, `threads`, `economies` (the names of those in force), and the speed: see
        `Throughput.figures`. With a report, `pruned`.

    Raises:
        ConfigError: Something in the config is refused by the library that it is for.
        ModelError: The model or the tokenizer is not available.
        Interrupted: Ctrl-C or SIGTERM.
        TrainingError: A checkpoint cannot be written.
    """
    set_rank(group.rank)
    exit_code = 1
    throughput = Throughput()
    log_file = None if group.is_worker else folder / LOG
    with log_to(log_file, verbose and not group.is_worker), interruptible() as signals:
        wandb: Logger | None = None
        try:
            log_precision(config)
            torch.set_num_threads(config.training.threads)
            pl.seed_everything(config.seed, workers=True, verbose=False)
            start = newest(folder / CHECKPOINTS) if resume else None
            tokenizer, data, module = _parts(config, splits)
            economical = _economical(config, module, data, start)
            loggers = build_loggers(config, folder, group, start.step if start else 0)
            pruning = [Pruning(report)] if report else []
            callbacks = [throughput, economical, *pruning, *build_callbacks(config.callbacks, folder, signals)]
            trainer = build_trainer(config, folder, group, loggers, callbacks, verbose)
            if wandb := tracking.wandb_logger(config, folder):
                trainer.loggers = [*trainer.loggers, wandb]
            trainer.fit(module, datamodule=data, ckpt_path=start.path if start else None, weights_only=True)
            result = _result(trainer, module, data, throughput) | {"threads": config.training.threads}
            result["economies"] = economical.in_force
            result["seconds"] = throughput.seconds
            result |= {"pruned": pruning[0].pruned} if pruning else {}
            if trainer.is_global_zero:
                _export(config, folder, module, tokenizer, result)
                _log_validation(wandb, module, data, splits)
            exit_code = 0
        finally:
            tracking.finish(wandb, exit_code)
    return result


def _parts(config: DictConfig, splits: Splits) -> tuple[PreTrainedTokenizerBase, AcceptabilityData, Classifier]:
    processing = config.processing
    corpus = tokenize_corpus(config.model, splits, processing.max_length)
    network = build_model(config.model, corpus.tokenizer, processing.max_length)
    data = AcceptabilityData(corpus, processing.batch_size, config.seed)
    return corpus.tokenizer, data, Classifier(network, config.optimizer, config.training.log_every_n_steps)


def _economical(
    config: DictConfig, module: Classifier, data: AcceptabilityData, start: Checkpoint | None
) -> Economical:
    economies = Economies(module.network, torch.cat([data.train.ids(), data.validation.ids()]))
    setting = config.training.get("economies", "auto")  # a run that 0.1.0 made has no such key
    return Economical(module.network, data.train, economies, setting, start)


def _result(trainer: pl.Trainer, module: Classifier, data: AcceptabilityData, throughput: Throughput) -> dict[str, Any]:
    epochs, steps = epochs_done(trainer), trainer.global_step
    best_epoch = _load_best(trainer, module, data)
    scored = module.scored
    return {
        **{name: module.figures.get(name) for name in METRICS},
        "degenerate": None if scored is None else scored.degenerate(),
        "epochs": epochs,
        "best_epoch": best_epoch,
        "steps": steps,
        "train_sentences": len(data.train),
        "validation_sentences": len(data.validation),
        **throughput.figures(),
    }


def _load_best(trainer: pl.Trainer, module: Classifier, data: AcceptabilityData) -> int | None:
    """Loads the best checkpoint's weights and metrics, and returns the epoch that it was saved in, from 0.

    Without one the last weights stay, and are validated. Only rank 0 reads: another machine may not see the file, and
    validating sends the weights to the other ranks.
    """
    callback = trainer.checkpoint_callback
    if isinstance(callback, Checkpoints) and callback.best is not None:
        if not trainer.is_global_zero:
            return None
        checkpoint = read(callback.folder / BEST)
        module.load_state_dict(checkpoint["state_dict"])
        module.take(Scored(checkpoint["logits"], checkpoint["labels"]))
        return int(checkpoint["epoch"])
    epoch = None
    if isinstance(callback, ModelCheckpoint) and callback.best_model_path and trainer.is_global_zero:  # a user's own
        checkpoint = read(Path(callback.best_model_path))
        module.load_state_dict(checkpoint["state_dict"])
        epoch = int(checkpoint["epoch"])
    module.take(None)
    trainer.validate(module, datamodule=data, verbose=False)
    return epoch


def _export(
    config: DictConfig, folder: Path, module: Classifier, tokenizer: PreTrainedTokenizerBase, result: dict[str, Any]
) -> None:
    """Writes the model and the plots, if the config asks for them."""
    restore_embeddings(module.network)
    if config.callbacks.get("export", True):
        export.save(module.network, tokenizer, folder / MODEL, config, result)
    if config.callbacks.get("plots", True):
        plots.draw(folder / PLOTS, module.curves, module.scored.confusion() if module.scored else [[0, 0], [0, 0]])
    log.info("Trained for %d steps: %s", result["steps"], result)


def _log_validation(logger: Logger | None, module: Classifier, data: AcceptabilityData, splits: Splits) -> None:
    """Logs the sentences that were validated, which `limit_val_batches` may have made fewer."""
    if module.scored is None:
        return
    probabilities = module.scored.probabilities()
    order = data.validation_order()[: len(probabilities)]
    sentences = [splits.validation.sentences[position] for position in order]
    tracking.log_validation(logger, module.scored.labels.tolist(), probabilities, sentences)
