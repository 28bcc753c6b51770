"""Files that are written whole or not at all, and locks."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from colactl.errors import ConfigError
from colactl.runs.create import create
from colactl.runs.files import overwrite_json, read_json, replacing, write_json
from tests.disks import fill


def test_files_are_there_whole_or_not_at_all() -> None:
    path = Path("a.json")
    write_json(path, {"sentence": "déjà"})
    with pytest.raises(TypeError):
        write_json(path, {"no": object()})
    assert read_json(path) == {"sentence": "déjà"}
    with pytest.raises(TypeError), replacing(path) as file:
        file.write("no bytes")
    with pytest.raises(FileExistsError), replacing(path, new=True) as file:
        file.write(b"{}")
    assert read_json(path) == {"sentence": "déjà"}
    assert [file.name for file in Path().iterdir()] == ["a.json"]
    assert path.stat().st_mode & 0o400


def test_what_finds_no_room_leaves_what_was_there_whole(small_disk: Path) -> None:
    file = small_disk / "status.json"
    write_json(file, {"status": "running"})
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        overwrite_json(file, {"error": "x" * 5000})
    assert read_json(file) == {"status": "running"}


def test_a_name_that_is_no_unicode_comes_back_the_same() -> None:
    write_json(Path("a.json"), {"folder": "a\udcff"})
    assert read_json(Path("a.json")) == {"folder": "a\udcff"}


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 5000, "\0"])
def test_a_file_that_somebody_has_changed(text: str) -> None:
    Path("a.json").write_text(text)
    with pytest.raises(ConfigError, match=r"a\.json is no"):
        read_json(Path("a.json"))


def test_whoever_asks_for_the_status_keeps_no_run_from_starting() -> None:
    run = create(Path("mine"))
    with (run.folder / ".lock").open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_EX)
        threading.Timer(0.02, lambda: fcntl.flock(asking, fcntl.LOCK_UN)).start()
        with run.recording():
            assert run.status == "running"
            with pytest.raises(ConfigError, match="Another process"), run.recording():
                pass


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
