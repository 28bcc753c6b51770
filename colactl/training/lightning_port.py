"""What colactl needs of Lightning that is not public, in one place: a new release can break no other file of ours.

Tried with 2.6.0 and 2.6.6. Lightning calls its loops protected since 2.0: `Trainer.fit_loop` and all below it.
"""

from __future__ import annotations

import logging
from weakref import WeakSet

import pytorch_lightning as pl
from pytorch_lightning.utilities import rank_zero_only

log = logging.getLogger(__name__)
_warned: WeakSet[pl.Trainer] = WeakSet()  # those of whose steps Lightning says nothing, once it has been logged


def set_rank(rank: int) -> None:
    """Tells Lightning which process of a run this is, before it has made a Trainer.

    It needs `rank_zero_only.rank`, an attribute that Lightning puts on its own decorator (since 0.8) and sets when it
    is imported, by the environment alone: it takes the second of Slurm's tasks for the second process of a group,
    though each may train on its own, and the first process of the second machine for the first. Making the Trainer
    sets it again, and rightly. Without it such a process would write nothing.

    Args:
        rank: The process's, from 0.
    """
    rank_zero_only.rank = rank  # type: ignore[attr-defined]  # Lightning keeps it there


def rank() -> int:
    """This process's rank as Lightning knows it; 0 where it knows none."""
    return int(getattr(rank_zero_only, "rank", 0) or 0)


def resume_by_epochs(trainer: pl.Trainer) -> None:
    """Makes a trainer with `max_steps` resume as one without: at the end of an epoch, the next one begins.

    It needs `FitLoop._iteration_based_training` (since 1.8), which says whether `max_steps` is set. Where it is,
    Lightning takes every resumption for one in the middle of an epoch, and skips an epoch after one at its end. There
    is no setting for it. A release without that method gets a warning in the run's log.
    """
    if trainer.max_steps == -1:
        return
    if not hasattr(trainer.fit_loop, "_iteration_based_training"):
        log.warning("This Lightning may skip an epoch where a run with training.max_steps is resumed.")
        return
    trainer.fit_loop._iteration_based_training = lambda: False  # type: ignore[method-assign]  # it has no setting


def is_between_steps(trainer: pl.Trainer) -> bool:
    """Whether the batch that ends has stepped, and another one follows it with no validation in between.

    To be asked at the end of a training batch. It needs four members of the loops (since 1.6; the argument of the
    last since 2.1): no public name says whether a validation follows. Where one of them is missing the answer is
    no: `last.ckpt` is then written at the end of an epoch only, and the run's log has one warning.
    """
    loop = trainer.fit_loop.epoch_loop
    try:
        pauses = loop._is_training_done or loop._should_accumulate()
        fetcher = trainer.fit_loop._data_fetcher
        return not (pauses or fetcher is None or loop._should_check_val_fx(fetcher))
    except (AttributeError, TypeError) as error:
        if trainer not in _warned:  # it is asked after every batch
            _warned.add(trainer)
            log.warning("This Lightning does not say where a step ends, so only whole epochs are saved: %s", error)
        return False


def epochs_done(trainer: pl.Trainer) -> int:
    """How many epochs are complete.

    It needs `FitLoop.epoch_progress` (since 1.5): `current_epoch`, which is public and taken where that is missing,
    lacks the last epoch of a run that was resumed after it.
    """
    try:
        return int(trainer.fit_loop.epoch_progress.state_dict()["current"]["processed"])
    except (AttributeError, LookupError):
        return trainer.current_epoch
