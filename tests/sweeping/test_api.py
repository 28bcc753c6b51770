"""Sweeps from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from colactl import sweep
from colactl.errors import ConfigError

SMALL = ("training=debug", "logger=csv", "callbacks.plots=false", "callbacks.export=false")


def test_what_is_wrong_is_told_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match="Some jobs of this sweep cannot run"):
        sweep([*SMALL, "processing.batch_size=8,-1"])
    assert list(Path().iterdir()) == []


@pytest.mark.slow
def test_jobs_and_how_they_ended() -> None:
    Path("own/data").mkdir(parents=True)
    Path("own/data/broken.yaml").write_text("defaults:\n  - files\ntrain: broken.tsv\nvalidation: broken.tsv\n")
    Path("broken.tsv").write_text("only one column\n")
    found = sweep([*SMALL, "data=default,broken", "seed=1,2", "hydra/launcher=two_jobs"], config_dir="own")
    assert [job.status for job in found.jobs] == ["done", "done", "failed", "failed"]
    assert [group.jobs for group in found.groups] == [[0, 1], [2, 3]]
    assert "broken.tsv" in str(found.jobs[2].error)
    assert (found.folder / "results.csv").exists()
