"""Who hears what during training: the run's log everything, stderr warnings only, stdout nothing."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from transformers.utils import logging as transformers_logging

from colactl.redaction import redacted

LOGGERS = (
    "colactl",
    "pytorch_lightning",
    "lightning_fabric",
    "lightning",
    "transformers",
    "datasets",
    "huggingface_hub",
    "py.warnings",
)
# Warnings that say nothing to a user; each with the reason why.
USELESS = (
    r".*does not have many workers",  # the corpus is in memory: workers would only copy it
    r".*smaller than the logging interval",  # a short run has no row of the training loss, and may
    r"Checkpoint directory .* exists and is not empty",  # it is the run's own folder
    r".*LeafSpec",  # deprecated in torch, used by Lightning: nothing for a user to change
    r"`isinstance\(treespec",  # the same
    r".*sync_dist=True",  # every device validates all of the split: there is nothing to gather
    r"The `srun` command is available",  # one process is what was asked for; README tells of several
    r"GPU available but not used",  # the user said accelerator=cpu
    r"No training batches|`Trainer\.fit` stopped",  # a run of no steps was asked for
    r"You're resuming from a checkpoint that ended before the epoch",  # the data module goes on where it was
    r".*lr_scheduler\.step\(\).* before .*optimizer\.step\(\)",  # a step that 16-bit scaling skipped
)


class Redacting(logging.Formatter):
    """Writes a message and its traceback without the environment's secrets, which a library may quote."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return redacted(super().format(record))


@contextmanager
def quiet(log_file: Path | None, talkative: bool = True) -> Iterator[None]:
    """Sends the libraries' messages to a file for as long as it is entered.

    Args:
        log_file: Appended to; its folder is there. None keeps no messages.
        talkative: Whether warnings are shown on stderr; errors always are.
    """
    file = _File(log_file, encoding="utf-8") if log_file else logging.NullHandler()
    terminal = logging.StreamHandler(sys.stderr)
    file.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    terminal.setFormatter(Redacting())
    terminal.setLevel(logging.WARNING if talkative else logging.ERROR)
    states = [(logger, logger.handlers, logger.propagate, logger.level) for logger in map(logging.getLogger, LOGGERS)]
    for logger, _, _, _ in states:
        logger.handlers, logger.propagate = [file, terminal], False
    logging.getLogger("colactl").setLevel(logging.INFO)
    try:
        with warnings.catch_warnings(), _no_progress_bars():
            logging.captureWarnings(True)
            for pattern in USELESS:
                warnings.filterwarnings("ignore", message=pattern)
            yield
    finally:
        logging.captureWarnings(False)
        for logger, own, propagate, level in states:
            logger.handlers, logger.propagate = own, propagate
            logger.setLevel(level)
        file.close()


class _File(logging.FileHandler):
    def handleError(self, _: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Where the disk is full, the base class would fill stderr with tracebacks; the run's own error says it."""


@contextmanager
def silent() -> Iterator[None]:
    """Keeps `transformers` from saying on stderr what an exception, or nobody, needs to be told."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.CRITICAL)
    try:
        with _no_progress_bars():
            yield
    finally:
        transformers_logging.set_verbosity(level)


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    hub, models = are_progress_bars_disabled(), transformers_logging.is_progress_bar_enabled()
    disable_progress_bars()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if not hub:
            enable_progress_bars()
        if models:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
