"""The cache of tokenized splits: the same ids with it and without, and no trouble from the disk."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colactl.training.data import cache, token_cache
from colactl.training.data.cache import cache_file, cache_folder, keep
from colactl.training.data.split import Split
from colactl.training.data.token_cache import cache_key, token_ids
from colactl.training.data.tokenization import learn_tokenizer

SENTENCES = ["The boy sleeps.", "The girls sleep and the boys saw them.", "Boy the sleeps."]
TOKENIZER = learn_tokenizer(SENTENCES * 3, 200, 32)


def a_split(sentences: list[str]) -> Split:
    return Split(sentences, [1] * len(sentences), [""] * len(sentences))


class Counting:
    """The tokenizer, counting how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *arguments, **options):
        self.calls += 1
        return TOKENIZER(*arguments, **options)

    def __getattr__(self, name):
        return getattr(TOKENIZER, name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLACTL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tokens"


def ids(split: Split, tokenizer=TOKENIZER, max_length: int = 16) -> list[list[int]]:
    return [row.tolist() for row in token_ids(split, tokenizer, max_length)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences=st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=6), length=st.integers(3, 20))
def test_the_ids_are_the_tokenizers_first_and_again(folder: Path, sentences: list[str], length: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # an example may come twice
    expected = TOKENIZER(sentences, truncation=True, max_length=length)["input_ids"]
    split = a_split(sentences)
    assert ids(split, max_length=length) == expected
    asked = Counting()  # of another class, so it has keys of its own
    assert [ids(split, asked, length), ids(split, asked, length)] == [expected] * 2
    assert asked.calls == 1


def test_each_part_of_the_key_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    split = a_split(SENTENCES)
    other = learn_tokenizer(SENTENCES[:1] * 3, 200, 32)
    keys = [cache_key(split, TOKENIZER, 16), cache_key(a_split(SENTENCES[:2]), TOKENIZER, 16)]
    keys += [cache_key(split, other, 16), cache_key(split, TOKENIZER, 17)]
    monkeypatch.setattr(token_cache, "FORMAT", 0)
    keys += [cache_key(split, TOKENIZER, 16)]
    assert len({str(cache_file("tokens", key or {}, ".x")) for key in keys}) == 5


def test_what_was_asked_of_the_tokenizer_before_does_not_count() -> None:
    first = cache_key(a_split(SENTENCES), TOKENIZER, 16)
    TOKENIZER(SENTENCES, truncation=True, max_length=5, padding=True)
    assert cache_key(a_split(SENTENCES), TOKENIZER, 16) == first


@pytest.mark.parametrize("damage", ["empty", "short", "noise", "flipped", "alien", "folder"])
def test_a_damaged_file_is_made_anew(folder: Path, damage: str) -> None:
    split, asked = a_split(SENTENCES), Counting()
    expected = ids(split, asked)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    damaged = {"empty": b"", "short": whole[:-4], "noise": os.urandom(200), "flipped": flipped, "alien": b"{}" * 9}
    if damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes(damaged[damage])
    assert ids(split, asked) == expected
    assert asked.calls == 2
    if damage != "folder":
        assert file.read_bytes() == whole
        assert ids(split, asked) == expected
        assert asked.calls == 2


@pytest.mark.parametrize("place", ["file/below", "/proc/colactl"])
def test_a_folder_that_cannot_be_written_is_no_error(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COLACTL_CACHE", str(tmp_path / place))
    assert ids(a_split(SENTENCES)) == TOKENIZER(SENTENCES, truncation=True, max_length=16)["input_ids"]


def test_a_cache_of_another_user_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    split, asked = a_split(SENTENCES), Counting()
    expected = ids(split, asked)
    monkeypatch.setattr(os, "utime", refuse)  # root, as which tests may run, is refused nothing
    assert ids(split, asked) == expected
    assert asked.calls == 1


def test_the_exported_tokenizer_is_the_same_first_and_again(folder: Path, tmp_path: Path) -> None:
    split, asked = a_split(SENTENCES), Counting()
    exported = []
    for name in ("first", "again"):
        ids(split, asked, max_length=5)
        TOKENIZER.save_pretrained(tmp_path / name)
        exported.append({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()})
    assert asked.calls == 1
    assert "tokenizer.json" in exported[0]
    assert exported[0] == exported[1]


def test_a_tokenizer_without_a_fingerprint_is_not_cached(folder: Path) -> None:
    def slow(sentences, **_):
        return {"input_ids": [[1, 2] for _ in sentences]}

    assert ids(a_split(SENTENCES), slow) == [[1, 2]] * 3
    assert not folder.exists()


def test_what_was_not_used_for_longest_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splits = [a_split([sentence]) for sentence in SENTENCES]
    names = []
    for age, split in zip((300, 200, 100), splits, strict=True):
        before = set(folder.iterdir()) if folder.exists() else set()
        ids(split)
        (file,) = set(folder.iterdir()) - before
        os.utime(file, (file.stat().st_atime, file.stat().st_mtime - age))
        names.append(file)
    ids(splits[0])  # used again
    monkeypatch.setattr(cache, "LARGEST", sum(file.stat().st_size for file in names))
    ids(a_split(["The girls."]))
    assert [file.exists() for file in names] == [True, False, True]


def test_many_writers_at_once(folder: Path) -> None:
    split = a_split(SENTENCES * 50)
    written = token_cache._flat(TOKENIZER(split.sentences))
    token_ids(split, TOKENIZER, 512)
    (file,) = folder.iterdir()
    content = file.read_bytes()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keep(file, content), range(32)))
        read = list(pool.map(lambda _: token_cache._read(file), range(8)))
    assert all(pair is not None and torch.equal(pair[0], written[0]) for pair in read)
    assert list(folder.iterdir()) == [file]


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COLACTL_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == tmp_path / ".cache" / "colactl"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "colactl"
