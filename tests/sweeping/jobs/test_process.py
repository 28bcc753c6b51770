"""A job in its own process."""

from __future__ import annotations

import pytest

from colactl.composition.compose import compose
from colactl.sweeping.folder import Sweep
from colactl.sweeping.jobs.process import train_job


def test_a_config_that_was_changed_since_does_not_train(
    sweep: Sweep, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = sweep.folder / "planned.jsonl"
    lines.write_text(lines.read_text().replace('"batch_size": 64', '"batch_size": 65'))
    assert train_job(sweep.folder, 0, resume=False) == 2
    assert "was changed since it was planned" in capsys.readouterr().err
    state = sweep.run(sweep.job(0)).state
    assert (state.status, state.exit_code) == ("failed", 2)
    assert "was changed since it was planned" in str(state.error)
    lines.write_text(lines.read_text().replace('"batch_size": 65', '"batch_size": true'))
    with sweep.run(sweep.job(0)).recording():  # it is another process's by now
        assert train_job(sweep.folder, 0, resume=False) == 2
        assert sweep.run(sweep.job(0)).status == "running"
    monkeypatch.setenv("LOCAL_RANK", "1")  # another process leads this one, and has the run's folder to itself
    (sweep.folder / "0" / "status.json").unlink()
    assert train_job(sweep.folder, 0, resume=False) == 2
    assert not (sweep.folder / "0" / "status.json").exists()
    assert compose(["seed=1"]).config.processing.batch_size == 64
