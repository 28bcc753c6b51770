"""What is not public in Optuna is still there."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from colactl.sweeping.search.optuna_port import opened
from colactl.sweeping.search.storage import open_storage


@pytest.mark.parametrize("database", [False, True], ids=["journal", "database"])
def test_opened(tmp_path: Path, database: bool) -> None:
    """A trial that one process has begun draws a value in another, and reports to the study."""
    location = f"sqlite:///{tmp_path}/study.db" if database else None
    study = optuna.create_study(study_name="x", storage=open_storage(location, tmp_path), direction="maximize")
    for _ in range(2):
        study.add_trial(create_trial(state=TrialState.RUNNING))
    again = optuna.load_study(study_name="x", storage=open_storage(location, tmp_path))
    trial = opened(again, again.get_trials(deepcopy=False)[1])
    assert trial.number == 1
    value = trial.suggest_float("lr", 0.0, 1.0)
    trial.report(0.5, 0)
    assert trial.should_prune() is False
    first, second = study.get_trials()
    assert (first.params, second.params) == ({}, {"lr": value})
    assert (second.state, second.intermediate_values) == (TrialState.RUNNING, {0: 0.5})
