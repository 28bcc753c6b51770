from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl import tasks
from colactl.composition import compose
from colactl.errors import ConfigError, DataError, Interrupted, TrainingError
from colactl.runs.create import create, create_unique, unique_folder, write_hydra_files
from colactl.runs.files import overwrite_json, read_json, replacing, write_json
from colactl.runs.provenance import provenance
from colactl.runs.run import Run
from colactl.sweeping.freeze import new_folder
from tests.conftest import ROOT
from tests.disks import fill


def test_a_chosen_folder_is_taken_once() -> None:
    run = create(Path("mine"))
    assert (run.folder, run.status) == (Path("mine").absolute(), "pending")
    with pytest.raises(ConfigError, match="already holds a run"):
        create(Path("mine"))


def test_a_folder_with_other_things_in_it_will_do() -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    assert create(Path("mine")).status == "pending"


def test_a_folder_that_cannot_be_made() -> None:
    Path("file").write_text("")
    with pytest.raises(TrainingError, match="cannot be made"):
        create(Path("file/run"))
    with pytest.raises(TrainingError, match="cannot be made"):
        create(Path("file"))
    with pytest.raises(TrainingError, match="cannot be made"):
        create_unique(Path("file/run"))


def test_two_hundred_runs_and_sweeps_of_one_second_never_share_a_folder() -> None:
    folders: list[Path] = []
    stem = Path("out/07-13-22")
    threads = [
        threading.Thread(target=lambda: folders.extend(unique_folder(stem) for _ in range(25))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(folders)) == 200

    sweeps = [threading.Thread(target=lambda: folders.append(new_folder(stem, chosen=False))) for _ in range(100)]
    runs = [threading.Thread(target=lambda: folders.append(create_unique(stem).folder)) for _ in range(100)]
    for thread in (both := [*sweeps, *runs]):
        thread.start()
    for thread in both:
        thread.join()
    assert len(set(folders)) == 400
    assert all(folder.name.startswith("07-13-22-") for folder in folders)


def test_the_course_of_a_run() -> None:
    run = create(Path("mine"))
    with run.recording():
        assert run.status == "running"
        run.complete({"mcc": 0.5})
    assert (run.status, run.exit_code, run.error, run.result) == ("done", 0, None, {"mcc": 0.5})


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DataError("No such file.", "Look again."), "failed", 3),
        (ValueError("odd"), "failed", 1),
        (SystemExit(3), "failed", 3),
        (KeyboardInterrupt(), "interrupted", 130),
        (Interrupted("Stopped.", signal_number=15), "interrupted", 143),
    ],
)
def test_a_failure_is_recorded_and_raised_again(error: BaseException, status: str, code: int) -> None:
    run = create(Path("mine"))
    with pytest.raises(type(error)), run.recording():
        raise error
    assert (run.status, run.exit_code, run.result) == (status, code, None)
    assert "Traceback" in (run.folder / "train.log").read_text()


def test_a_failure_is_recorded_on_a_full_disk_too(small_disk: Path) -> None:
    run = create(small_disk / "mine")
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"), run.recording():
        (run.folder / "new").write_text("x")
    assert (run.status, run.exit_code, run.error) == ("failed", 1, "[Errno 28] No space left on device")
    with pytest.raises(SystemExit), run.recording():
        raise SystemExit(3)
    assert (run.status, run.error) == ("failed", "SystemExit: 3")  # shorter than what stood there


def test_a_run_that_cannot_begin_leaves_nothing_behind(small_disk: Path) -> None:
    before = [fill(small_disk)]
    for make in (create, create_unique):
        with pytest.raises(TrainingError, match=f"The folder {small_disk}/mine.* cannot be written to: No space left"):
            make(small_disk / "mine")
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


def test_what_finds_no_room_leaves_what_was_there_whole(small_disk: Path) -> None:
    file = small_disk / "status.json"
    write_json(file, {"status": "running"})
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        overwrite_json(file, {"error": "x" * 5000})
    assert read_json(file) == {"status": "running"}


def test_a_killed_run_reads_as_interrupted() -> None:
    run = create(Path("mine"))
    program = f"""
import pathlib, time
from colactl.runs.run import Run
from colactl.sweeping.freeze import new_folder
with Run(pathlib.Path({str(run.folder)!r})).recording():
    print("held", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.readline()
    assert run.status == "running"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert run.status == "interrupted"
    assert json.loads((run.folder / "status.json").read_text())["status"] == "running"


def test_whoever_asks_for_the_status_keeps_no_run_from_starting() -> None:
    run = create(Path("mine"))
    with (run.folder / ".lock").open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_EX)
        threading.Timer(0.02, lambda: fcntl.flock(asking, fcntl.LOCK_UN)).start()
        with run.recording():
            assert run.status == "running"
            with pytest.raises(ConfigError, match="Another process"), run.recording():
                pass


def test_files_are_there_whole_or_not_at_all() -> None:
    path = Path("a.json")
    write_json(path, {"sentence": "déjà"})
    with pytest.raises(TypeError):
        write_json(path, {"no": object()})
    assert read_json(path) == {"sentence": "déjà"}
    with pytest.raises(TypeError), replacing(path) as file:
        file.write("no bytes")
    assert read_json(path) == {"sentence": "déjà"}
    assert [file.name for file in Path().iterdir()] == ["a.json"]
    assert path.stat().st_mode & 0o400


def test_a_name_that_is_no_unicode_comes_back_the_same() -> None:
    write_json(Path("a.json"), {"folder": "a\udcff"})
    assert read_json(Path("a.json")) == {"folder": "a\udcff"}


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 5000, "\0"])
def test_what_somebody_has_changed_is_told(text: str) -> None:
    Path("a.json").write_text(text)
    with pytest.raises(ConfigError, match=r"a\.json is no"):
        read_json(Path("a.json"))


def test_hydras_own_files() -> None:
    run = create(Path("mine"))
    whole = OmegaConf.create({"seed": 0, "hydra": {"job": {"name": "train"}}})
    write_hydra_files(run.folder, OmegaConf.create({"seed": 0}), whole, ["seed=0"])
    hidden = run.folder / ".hydra"
    assert OmegaConf.load(hidden / "hydra.yaml") == {"hydra": {"job": {"name": "train"}}}
    assert OmegaConf.load(hidden / "overrides.yaml") == ["seed=0"]
    assert OmegaConf.load(hidden / "config.yaml") == {"seed": 0}


def test_provenance_says_what_decides_the_figures() -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    assert provenance(3, "abc")["git"] is None  # no commit yet
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"], check=True
    )
    found = provenance(3, "abc")
    assert (found["seed"], found["data_fingerprint"], found["git"]["dirty"]) == (3, "abc", False)
    assert {"torch", "transformers", "pytorch-lightning"} <= set(found["packages"])


def test_a_run_that_is_not_there_is_pending() -> None:
    assert Run(Path("nowhere")).status == "pending"


def test_overrides_that_hold_an_interpolation_are_given_as_typed() -> None:
    run = create(Path("mine"))
    typed = ["training.limit_val_batches=${training.limit_train_batches}", "seed=0"]
    write_hydra_files(run.folder, OmegaConf.create({}), OmegaConf.create({"hydra": {}}), typed)
    assert run.overrides == tuple(typed)


def test_two_who_ask_do_not_see_each_other() -> None:
    run = create(Path("mine"))
    with run.recording(), (run.folder / ".lock").open() as lock:
        assert run.status == "running"
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    write_json(run.folder / "status.json", {"status": "running"})
    with (run.folder / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # as another one who asks has it for a moment
        assert run.status == "interrupted"
