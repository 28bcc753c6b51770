"""A study, opened from several processes."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from colactl.sweeping.search.storage import open_storage
from colactl.sweeping.search.study import load_trial


@pytest.mark.parametrize("database", [False, True], ids=["journal", "database"])
def test_a_trial_that_another_process_began(tmp_path: Path, database: bool) -> None:
    """It draws a value, and reports to the study."""
    location = f"sqlite:///{tmp_path}/study.db" if database else None
    study = optuna.create_study(study_name="x", storage=open_storage(location, tmp_path), direction="maximize")
    for _ in range(2):
        study.add_trial(create_trial(state=TrialState.RUNNING))
    again = optuna.load_study(study_name="x", storage=(storage := open_storage(location, tmp_path)))
    trial = load_trial(again, storage, 1)
    assert trial.number == 1
    value = trial.suggest_float("lr", 0.0, 1.0)
    trial.report(0.5, 0)
    assert trial.should_prune() is False
    first, second = study.get_trials()
    assert (first.params, second.params) == ({}, {"lr": value})
    assert (second.state, second.intermediate_values) == (TrialState.RUNNING, {0: 0.5})
