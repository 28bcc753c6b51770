"""Sentences in, predictions out: order, laziness, and what each format makes of odd characters."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colactl import tasks
from colactl.errors import ConfigError, DataError
from colactl.training.scoring import predictions
from colactl.training.scoring.predictions import FORMATS, Lines, Prediction, checked, windows, writer
from colactl.training.scoring.scorer import Scorer, load_scorer

SENTENCES = st.lists(st.text(max_size=30), max_size=12)
PREDICTIONS = st.lists(st.builds(Prediction.of, st.text(max_size=20), st.floats(0, 1, width=32)), max_size=8)


@pytest.fixture(scope="module")
def model(write_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def scorer(model: Path) -> Scorer:
    return load_scorer(model, batch_size=4)


@given(SENTENCES)
@settings(max_examples=25, deadline=None)
def test_together_in_any_order_as_one_by_one(scorer: Scorer, sentences: list[str]) -> None:
    alone = [float(scorer.probabilities([sentence])[0]) for sentence in sentences]
    assert scorer.probabilities(sentences) == pytest.approx(np.array(alone), abs=1e-5)


def test_windows_keep_the_order(model: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "WINDOW_SENTENCES", 7)
    words = ["the", "cat", "cats", "dogs", "see", "sleeps", "."]
    sentences = [" ".join(words[(number * each) % 7] for each in range(number % 5 + 1)) for number in range(40)]
    found = [each for window in tasks.predict(model, iter(sentences)) for each in window]
    assert [each.sentence for each in found] == sentences
    assert [each.probability for each in found] == pytest.approx(scorer.probabilities(sentences).tolist(), abs=1e-5)
    assert [each.label for each in found] == ["acceptable" if p > 0.5 else "unacceptable" for _, _, p in found]
    assert np.ptp([each.probability for each in found]) > 0.02  # or any order would do


def test_reading_is_lazy(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "WINDOW_SENTENCES", 10)
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield "The cat sleeps."

    found = tasks.predict(model, endless())
    for window in range(1, 4):
        assert len(next(found)) == 10
        assert read == 10 * window


def test_long_sentences_make_small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "WINDOW_CHARACTERS", 10)
    assert list(windows(["abcd", "efgh", "ijkl", "m"])) == [["abcd", "efgh", "ijkl"], ["m"]]
    assert list(windows([])) == []


def test_a_surrogate_is_refused_with_its_number() -> None:
    with pytest.raises(ConfigError, match="Sentence 2 is not valid Unicode"):
        list(checked(["fine", "\udcff"]))


def read(data: bytes, table: bool = False) -> list[str]:
    return list(Lines(io.BytesIO(data), "here", table))


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"\xef\xbb\xbfa\r\n\nb", ["a", "", "b"]),
        ("a\u2028b\tc\rd\n".encode(), ["a\u2028b\tc\rd"]),
        (b"index\tsentence\n0\ta\n", ["index\tsentence", "0\ta"]),
    ],
)
def test_a_line_is_a_sentence(data: bytes, sentences: list[str]) -> None:
    assert read(data) == sentences


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        (b"", []),
        (b"a\nb\tc\n", ["a", "b\tc"]),
        (b'index\tsentence\n0\tHe said "no.\n1\tb\n', ['He said "no.', "b"]),
        (b"gj04\t1\t\tThe cat.\nbc81\t0\t*\tThe the.\n", ["The cat.", "The the."]),
    ],
)
def test_tables_for_glue(data: bytes, sentences: list[str]) -> None:
    assert read(data, table=True) == sentences


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\nb\xff\n", "here:2: the byte 0xff is not UTF-8"),
        (b"index\tsentence\n0\ta\n2\tb\n", "here:3: the index is '2' instead of 1"),
        (b"index\tsentence\n0\ta\tb\n", "here:2: 3 columns instead of 2"),
    ],
)
def test_faults_are_told_with_their_line(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(data, table=True)


def written(file_format: str, found: list[Prediction]) -> bytes:
    file = io.BytesIO()
    with writer(file, file_format) as write:
        for start in range(0, len(found), 3):  # in windows
            write(found[start : start + 3])
    return file.getvalue()


def rounded(found: list[Prediction]) -> list[Prediction]:
    return [each._replace(probability=pytest.approx(each.probability, abs=1e-6)) for each in found]


@given(PREDICTIONS)
@settings(max_examples=40, deadline=None)
def test_csv_jsonl_and_parquet_read_back_the_same(found: list[Prediction]) -> None:
    header, *rows = csv.reader(io.StringIO(written("csv", found).decode(), newline=""))
    assert header == ["sentence", "label", "probability"]
    assert [Prediction(s, label, float(p)) for s, label, p in rows] == rounded(found)
    lines = written("jsonl", found).decode().split("\n")
    assert [Prediction(**json.loads(line)) for line in lines[:-1]] == rounded(found)
    table = pq.read_table(io.BytesIO(written("parquet", found)))
    assert [Prediction(**row) for row in table.to_pylist()] == rounded(found)


@given(PREDICTIONS)
@settings(max_examples=40, deadline=None)
def test_text_and_glue_have_a_line_for_each(found: list[Prediction]) -> None:
    lines = written("text", found).decode().split("\n")[:-1]
    assert len(lines) == len(found)
    for line, each in zip(lines, found, strict=True):
        probability, label, sentence = line.split("\t", 2)
        assert (float(probability), label) == (pytest.approx(each.probability, abs=1e-4), each.label)
        assert sentence == each.sentence.replace("\n", "\\n").replace("\r", "\\r")
    numbers = [f"{index}\t{int(each.label == 'acceptable')}" for index, each in enumerate(found)]
    assert written("glue", found).decode().split("\n")[:-1] == ["index\tprediction", *numbers]


def test_there_are_five_formats() -> None:
    assert set(FORMATS) == {"text", "jsonl", "csv", "parquet", "glue"}
