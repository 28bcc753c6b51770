"""New run folders: taken once, never shared, and nothing left behind where a run cannot begin."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl import tasks
from colactl.composition.compose import compose
from colactl.errors import ConfigError, TrainingError
from colactl.runs.create import create, make_folder, write_hydra_files
from tests.disks import fill


def test_a_chosen_folder_is_taken_once() -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("other things may be in it")
    run = create(Path("mine"))
    assert (run.folder, run.status) == (Path("mine").absolute(), "pending")
    with pytest.raises(ConfigError, match="already holds a run"):
        create(Path("mine"))


@pytest.mark.parametrize(("folder", "unique"), [("file/run", False), ("file", False), ("file/run", True)])
def test_a_folder_that_cannot_be_made(folder: str, unique: bool) -> None:
    Path("file").write_text("")
    with pytest.raises(TrainingError, match="cannot be made"):
        create(Path(folder), unique)


def test_two_hundred_runs_and_sweeps_of_one_second_never_share_a_folder() -> None:
    folders: list[Path] = []
    stem = Path("out/07-13-22")
    sweeps = [threading.Thread(target=lambda: folders.append(make_folder(stem, unique=True))) for _ in range(100)]
    runs = [threading.Thread(target=lambda: folders.append(create(stem, unique=True).folder)) for _ in range(100)]
    for thread in (both := [*sweeps, *runs]):
        thread.start()
    for thread in both:
        thread.join()
    assert len(set(folders)) == 200
    assert all(folder.name.startswith("07-13-22-") for folder in folders)


def test_a_run_that_cannot_begin_leaves_nothing_behind(small_disk: Path) -> None:
    before = [fill(small_disk)]
    for unique in (False, True):
        with pytest.raises(TrainingError, match=f"The folder {small_disk}/mine.* cannot be written to: No space left"):
            create(small_disk / "mine", unique)
    assert list(small_disk.iterdir()) == before
    before[0].write_bytes(bytes(before[0].stat().st_size - 8192))  # room for its status, and not for its config
    with pytest.raises(TrainingError, match=f"{small_disk}/mine cannot be written to: no space left"):
        tasks.train(compose().config, small_disk / "mine")
    assert list(small_disk.iterdir()) == before


def test_a_run_that_cannot_begin_takes_nothing_away(small_disk: Path) -> None:
    mine = small_disk / "mine"
    mine.mkdir()
    filler = fill(small_disk)
    with pytest.raises(TrainingError, match="No space left"):
        create(mine)
    assert list(mine.iterdir()) == []
    (mine / ".hydra").mkdir()
    (mine / "main.log").touch()  # as any program of Hydra's has
    filler.write_bytes(bytes(filler.stat().st_size - 8192))  # room for its status, and not for its config
    with pytest.raises(TrainingError, match="no space left"):
        tasks.train(compose().config, mine)
    assert sorted(path.name for path in mine.iterdir()) == [".hydra", "main.log"]


def test_hydras_own_files() -> None:
    run = create(Path("mine"))
    whole = OmegaConf.create({"seed": 0, "hydra": {"job": {"name": "train"}}})
    typed = ["training.limit_val_batches=${training.limit_train_batches}", "seed=0"]
    write_hydra_files(run.folder, OmegaConf.create({"seed": 0}), whole, typed)
    hidden = run.folder / ".hydra"
    assert OmegaConf.load(hidden / "hydra.yaml") == {"hydra": {"job": {"name": "train"}}}
    assert OmegaConf.load(hidden / "config.yaml") == {"seed": 0}
    assert run.overrides == tuple(typed)  # an interpolation as it was typed
