"""A sweep's folder: frozen, read back, held, stopped, and gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.errors import ConfigError, TrainingError
from colactl.runs.create import create
from colactl.sweeping.folder import Sweep, freeze, new_folder
from colactl.sweeping.planning.jobs import plan
from colactl.sweeping.resume import launcher_for, unfinished
from tests.disks import fill
from tests.sweeping.conftest import OVERRIDES


def test_what_was_planned_is_read_back(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan(OVERRIDES).jobs
    monkeypatch.setenv("WANDB_MODE", "online")  # after the launch: too late
    found = list(sweep.jobs())
    assert [job.config_hash for job in found] == [job.config_hash for job in planned]
    assert [job.config for job in found] == [job.config for job in planned]
    second = sweep.job(1)
    assert second == found[1]
    assert OmegaConf.to_container(second.resolved()) == OmegaConf.to_container(
        OmegaConf.create(second.config), resolve=True
    ) | {"logger": {**second.config["logger"], "wandb": {**second.config["logger"]["wandb"], "mode": "offline"}}}
    assert second.config["logger"]["wandb"]["mode"] == "${oc.env:WANDB_MODE,offline}"
    resolved = second.resolved()
    assert (resolved.seed, resolved.logger.wandb.mode, resolved.training.limit_val_batches) == (2, "offline", 2)
    assert not OmegaConf.is_interpolation(resolved.logger.wandb, "mode")
    assert sweep.hydra["launcher"]["_target_"].endswith("BasicLauncher")


def test_a_folder_takes_one_sweep(sweep: Sweep) -> None:
    with sweep.held():
        with pytest.raises(ConfigError, match="already holds a sweep"):
            freeze(plan(["seed=1"]), sweep, ["seed=1"], "config", ())
        with pytest.raises(ConfigError, match="Another process runs the sweep"), Sweep(sweep.folder).held():
            pass


@pytest.mark.parametrize("missing", ["sweep.yaml", "planned.jsonl"])
def test_no_sweep(sweep: Sweep, missing: str) -> None:
    (sweep.folder / missing).unlink()
    with pytest.raises(ConfigError, match="holds no sweep"):
        _ = launcher_for(sweep, (), "config", ()), unfinished(sweep)


@pytest.mark.parametrize("taken", [".", "1"])
def test_a_run_that_is_there_is_no_jobs_result(taken: str) -> None:
    made = Sweep(new_folder(Path("mine"), chosen=True))
    create(made.folder / taken).complete({"mcc": 1.0})
    with pytest.raises(ConfigError, match="already holds a run"):
        freeze(plan(OVERRIDES), made, OVERRIDES, "config", ())
    assert not (made.folder / "sweep.yaml").exists()


@pytest.mark.parametrize("pages", [0, 1])
def test_a_sweep_that_cannot_be_frozen_leaves_nothing_behind(small_disk: Path, pages: int) -> None:
    filler = fill(small_disk)
    filler.write_bytes(bytes(filler.stat().st_size - pages * 8192))  # a page may do for the jobs and not for the rest
    planned = plan(OVERRIDES)
    made = Sweep(new_folder(small_disk / "mine", chosen=True))
    with pytest.raises(TrainingError, match=f"{made.folder} cannot be written to: No space left"), made.held():
        freeze(planned, made, OVERRIDES, "config", ())
    assert list(small_disk.iterdir()) == [filler]
    theirs = new_folder(small_disk / "mine", chosen=True) / "multirun.yaml"
    theirs.touch()  # as Hydra's own multirun leaves it
    with pytest.raises(TrainingError, match="No space left"), made.held():
        freeze(planned, made, OVERRIDES, "config", ())
    assert list(made.folder.iterdir()) == [theirs]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sweep.yaml", "overrides: [1]\nconfig_name: config\nconfig_dirs: []\ndirectory: /\n"),
        ("sweep.yaml", "overrides: a=1\nconfig_name: config\nconfig_dirs: []\ndirectory: /\n"),
        ("sweep.yaml", "a: 1\n"),
        ("multirun.yaml", "hydra: 1\n"),
        ("multirun.yaml", "hydra: {launcher: basic}\n"),
    ],
)
def test_a_sweeps_files_that_somebody_has_changed(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=f"{name} is not as colactl wrote it"):
        _ = Sweep(tmp_path).definition if name == "sweep.yaml" else Sweep(tmp_path).hydra


def test_keys_stay_what_they_are() -> None:
    schedule = (
        "+callbacks.grow={_target_:pytorch_lightning.callbacks.GradientAccumulationScheduler,scheduling:{0:4,2:1}}"
    )
    made = Sweep(new_folder(Path("mine"), chosen=True))
    with made.held():
        freeze(plan([schedule]), made, [schedule], "config", ())
    assert made.job(0).resolved().callbacks.grow.scheduling == {0: 4, 2: 1}
    assert next(made.jobs()).config["callbacks"]["grow"]["scheduling"] == {0: 4, 2: 1}
