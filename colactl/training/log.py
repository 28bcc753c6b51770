"""Where messages go during training: all of them to the run's log, warnings to stderr, none to stdout."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from huggingface_hub.utils import logging as hub_logging

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
# Warnings that a user cannot act on; each with the reason.
IGNORED_WARNINGS = (
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


class RedactingFormatter(logging.Formatter):
    """Writes a message and its traceback without the environment's secrets, which a library may quote."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class LogFile(logging.FileHandler):
    """A log that says nothing when it cannot be written.

    The base class would fill stderr with tracebacks when the disk is full; the run's own error says it.
    """

    def handleError(self, _: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        return


@contextmanager
def log_to(file: Path | None, show_warnings: bool = True) -> Iterator[None]:
    """Sends the libraries' messages to a file while it is entered.

    Args:
        file: Appended to; its folder exists. None keeps no messages.
        show_warnings: Whether warnings are shown on stderr; errors always are.
    """
    handler = LogFile(file, encoding="utf-8") if file else logging.NullHandler()
    terminal = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    terminal.setFormatter(RedactingFormatter())
    terminal.setLevel(logging.WARNING if show_warnings else logging.ERROR)
    states = [(logger, logger.handlers, logger.propagate, logger.level) for logger in map(logging.getLogger, LOGGERS)]
    for logger, _, _, _ in states:
        logger.handlers, logger.propagate = [handler, terminal], False
    logging.getLogger("colactl").setLevel(logging.INFO)
    try:
        with warnings.catch_warnings(), without_progress_bars():
            logging.captureWarnings(True)
            for pattern in IGNORED_WARNINGS:
                warnings.filterwarnings("ignore", message=pattern)
            yield
    finally:
        logging.captureWarnings(False)
        for logger, handlers, propagate, level in states:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
        handler.close()


@contextmanager
def silent() -> Iterator[None]:
    """Keeps `transformers` from writing to stderr what an exception says as well, or nobody needs."""
    from transformers.utils import logging as transformers_logging  # here: the Hub's part of a command goes without

    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.CRITICAL)
    try:
        with without_progress_bars():
            yield
    finally:
        transformers_logging.set_verbosity(level)


@contextmanager
def silent_hub() -> Iterator[None]:
    """Keeps `huggingface_hub` from writing to stderr what an exception says as well."""
    level = hub_logging.get_verbosity()
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the package says no type there
    try:
        with _without_hub_progress_bars():
            yield
    finally:
        hub_logging.set_verbosity(level)


@contextmanager
def without_progress_bars() -> Iterator[None]:
    """Hides the progress bars of `transformers` and `huggingface_hub`, which go to stderr, whatever that is."""
    from transformers.utils import logging as transformers_logging

    enabled = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with _without_hub_progress_bars():
            yield
    finally:
        if enabled:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


@contextmanager
def _without_hub_progress_bars() -> Iterator[None]:
    disabled = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not disabled:
            enable_progress_bars()
