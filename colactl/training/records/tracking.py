"""Weights & Biases: a run of its own for every training, silent, which no failure of W&B stops."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger, WandbLogger

from colactl.errors import ConfigError, TrainingError, first_line
from colactl.redaction import HIDDEN, names_a_secret, secret_in
from colactl.runs.files import write_text
from colactl.training.labels import LABELS, is_acceptable
from colactl.training.lightning_port import rank
from colactl.training.records import wandb_port

if TYPE_CHECKING:
    import wandb

START_TIMEOUT = 60.0  # seconds for an online run to be accepted by the server
FINISH_TIMEOUT = 60.0  # seconds for the last data to be uploaded
FINISH_GRACE = 5.0  # seconds beyond FINISH_TIMEOUT before the run is left to itself
OFFLINE_HINT = "Log in with: wandb login, or keep the run on disk with: --set logger.wandb.mode=offline"

log = logging.getLogger(__name__)


class Tracker(WandbLogger):
    """Lightning's logger for W&B, which stops sending metrics when W&B's service process is gone.

    Slurm and systemd end the service along with the training, which must still save.
    """

    _lost = False

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Sends one row; the first that cannot be sent is logged, and none is tried after it."""
        if self._lost:
            return
        try:
            super().log_metrics(metrics, step)
        except ConnectionError as error:
            self._lost = True
            log.warning("Weights & Biases is gone, and what follows is not sent to it: %s", error)


def wandb_logger(config: DictConfig, folder: Path) -> Logger | None:
    """Starts a W&B run that writes to `folder/wandb/`, with its id in `folder/wandb/run_id`, or continues that one.

    Args:
        config: The whole config; `logger.wandb` says where the run goes, and all of it is recorded with it.
        folder: The run's folder.

    Returns:
        The logger, or None where W&B is off or this process is not rank 0.

    Raises:
        ConfigError: An online run without an API key, or with a project or name that W&B refuses.
        TrainingError: The server cannot be reached, or refuses the run.
    """
    if not _is_on(config):
        return None
    identifier = _run_id(folder)
    run = _start(config, folder, identifier)
    # WandbLogger does this only for runs that it starts, and those it would not start while `wandb.run` is unfinished.
    run.define_metric("trainer/global_step")
    run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
    project = config.logger.wandb.project
    return Tracker(project=project, save_dir=folder, id=identifier, log_model=False, experiment=run)


def preload_wandb(config: DictConfig) -> None:
    """Imports what a W&B run does, over two seconds' worth, in a process whose copies are each to start one.

    Args:
        config: The whole config; where W&B is off nothing is imported.
    """
    if _is_on(config):
        wandb_port.preload()


def log_validation(
    logger: Logger | None, labels: Sequence[int], probabilities: Sequence[float], sentences: Sequence[str]
) -> None:
    """Logs the confusion matrix and a table of the sentences with a wrong prediction.

    Args:
        logger: What `wandb_logger` gave.
        labels: 1 where a sentence is acceptable, 0 where it is not.
        probabilities: Of acceptable, from 0 to 1, in the labels' order.
        sentences: In the labels' order.
    """
    if not isinstance(logger, WandbLogger):
        return
    import wandb

    predictions = [int(is_acceptable(probability)) for probability in probabilities]
    rows = zip(sentences, labels, predictions, probabilities, strict=True)
    mistakes = [
        [sentence, LABELS[label], LABELS[prediction], float(probability)]
        for sentence, label, prediction, probability in rows
        if label != prediction
    ]
    matrix = wandb.plot.confusion_matrix(
        y_true=list(labels), preds=predictions, class_names=list(LABELS), title="Validation"
    )
    columns: list[str | int] = ["sentence", "label", "prediction", "probability of acceptable"]
    logger.experiment.log({"confusion_matrix": matrix, "mistakes": wandb.Table(columns=columns, data=mistakes)})


def finish(logger: Logger | None, exit_code: int = 0) -> None:
    """Finishes the run within `FINISH_TIMEOUT` seconds or leaves it; what goes wrong is logged, never raised."""
    if not isinstance(logger, WandbLogger):
        return
    run = logger.experiment

    def work() -> None:
        try:
            run.finish(exit_code=exit_code)
        except Exception:  # this runs in a `finally`: the training's own error must stay the one that is seen
            log.warning("Weights & Biases did not finish its run.", exc_info=True)

    # W&B has a timeout of its own; a thread also bounds what that one does not cover, such as a dead service process.
    worker = threading.Thread(target=work, name="wandb-finish", daemon=True)
    worker.start()
    worker.join(FINISH_TIMEOUT + FINISH_GRACE)
    if worker.is_alive():
        log.warning("Weights & Biases did not finish its run in time; upload the rest with: wandb sync")


def _is_on(config: DictConfig) -> bool:
    options = config.logger.get("wandb")
    return options is not None and options.mode != "disabled" and rank() == 0


def _run_id(folder: Path) -> str:
    """The id of a run folder's W&B run, which it gets here if it has none."""
    file = folder / "wandb" / "run_id"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        write_text(file, f"{secrets.token_hex(4)}\n")
    return file.read_text().strip()


def _start(config: DictConfig, folder: Path, identifier: str) -> wandb.Run:
    import wandb

    options = config.logger.wandb
    # Set up silent before the run starts: loading the key already talks, and only a silent W&B never prompts for one.
    wandb.setup(settings=wandb.Settings(silent=True))
    try:
        return wandb.init(
            project=options.project,
            entity=options.get("entity"),
            name=options.get("name"),
            group=options.get("group"),
            mode=options.mode,
            id=identifier,
            resume="allow",
            dir=str(folder),
            config=_without_secrets(OmegaConf.to_container(config, resolve=True)),
            settings=wandb_port.settings(
                silent=True,
                console="off",  # the run's own log has it
                reinit="create_new",  # a run of its own, even where an earlier one in this process was never finished
                init_timeout=START_TIMEOUT,
                finish_timeout=FINISH_TIMEOUT,
                save_code=False,
                disable_code=True,
                disable_git=True,  # a remote's address may carry a token, and provenance.json has the commit
                disable_job_creation=True,
            ),
        )
    except (wandb.errors.UsageError, ValueError) as error:  # no key, a project's name with a slash, an unknown mode
        raise ConfigError(_not_started(error), OFFLINE_HINT) from error
    except wandb.errors.Error as error:  # no connection, a refused key
        raise TrainingError(_not_started(error), OFFLINE_HINT) from error


def _not_started(error: Exception) -> str:
    return f"Weights & Biases did not start: {first_line(error).removesuffix('.')}."


def _without_secrets(node: Any) -> Any:
    """The config without what an `${oc.env:...}` brought in under a secret's name or from a secret's variable."""
    if isinstance(node, dict):
        return {str(key): HIDDEN if names_a_secret(str(key)) else _without_secrets(node[key]) for key in node}
    if isinstance(node, list):
        return [_without_secrets(value) for value in node]
    return HIDDEN if isinstance(node, str) and secret_in(node) else node
