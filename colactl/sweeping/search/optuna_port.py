"""What colactl needs of Optuna that is not public, in one place. Tried with 5.0.0."""

from __future__ import annotations

import optuna
from optuna.trial import FrozenTrial


def opened(study: optuna.Study, trial: FrozenTrial) -> optuna.Trial:
    """A trial to draw values for and to report to, though it began in another process.

    It needs `FrozenTrial._trial_id` (since 1.0 at the latest), the trial's key in the storage. The public `Study.ask`
    begins a trial of its own, and so gives the trial of a process that was killed to nobody. Without it there is no
    search: a sweep with `--trials` ends with an error, and all other commands work.

    Args:
        study: The trial's; its sampler draws the values.
        trial: One of its trials that has not ended.
    """
    return optuna.Trial(study, trial._trial_id)
