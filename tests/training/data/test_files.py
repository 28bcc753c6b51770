"""Corpus files of every format become the split that they describe."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from colactl.training.data.files import Columns, read_split
from colactl.training.data.split import Split

DEFAULT = Columns()
COLA = b"gj04\t1\t\tBill rolled.\nbc01\t0\t*\tBill the rolled.\n"
PLAIN = Split(["Bill rolled.", "Bill the rolled."], [1, 0], ["", ""])
SOURCED = Split(PLAIN.sentences, PLAIN.labels, ["gj04", "bc01"])
BY_POSITION = Columns(sentence=2, label=0, source=1)


def read(folder: Path, name: str, content: bytes, columns: Columns = DEFAULT, file_format: str = "auto") -> Split:
    path = folder / name
    path.write_bytes(content)
    return read_split([path], columns, file_format)


@pytest.mark.parametrize(
    ("name", "content", "columns", "expected"),
    [
        ("cola.tsv", COLA, Columns(), SOURCED),
        ("cola.txt", COLA, Columns(), SOURCED),
        ("COLA.TSV", COLA, Columns(), SOURCED),
        ("no_source.tsv", COLA, Columns(source=None), PLAIN),
        ("mark_as_source.tsv", COLA, Columns(source=2), Split(PLAIN.sentences, [1, 0], ["", "*"])),
        ("crlf.tsv", COLA.replace(b"\n", b"\r\n"), Columns(), SOURCED),
        ("open_end.tsv", COLA.rstrip(b"\n"), Columns(), SOURCED),
        ("bom.tsv", b"\xef\xbb\xbf" + COLA, Columns(), SOURCED),
        ("blank.tsv", b"\n" + COLA.replace(b"\n", b"\n\r\n\n"), Columns(), SOURCED),
        ("head.tsv", b"label\tid\tsentence\n1\t7\tBill rolled.\n 0 \t8\tBill the rolled.\n", Columns(), PLAIN),
        ("bom.csv", b"\xef\xbb\xbfsentence,label\nBill rolled.,1\nBill the rolled.,0\n", Columns(), PLAIN),
        ("head.csv", b"text, y\nBill rolled.,1\nBill the rolled.,0\n", Columns("text", "y"), PLAIN),
        ("source.csv", b"label,source,sentence\n1,gj04,Bill rolled.\n0,bc01,Bill the rolled.\n", Columns(), SOURCED),
        ("pair.csv", b"Bill rolled.,1\n\n\nBill the rolled.,0", Columns(), PLAIN),
        ("three.csv", b"1,gj04,Bill rolled.\r\n0,bc01,Bill the rolled.\r\n", BY_POSITION, SOURCED),
        ("other_order.tsv", b"Bill rolled.\t1\tx\ty\nBill the rolled.\t0\tx\ty\n", Columns(0, 1), PLAIN),
        ("mixed.csv", b"sentence,kind\nBill rolled.,1\nBill the rolled.,0\n", Columns(label=1), PLAIN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_table(tmp_path: Path, name: str, content: bytes, columns: Columns, expected: Split) -> None:
    assert read(tmp_path, name, content, columns) == expected


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json"])
def test_json_lines(tmp_path: Path, suffix: str) -> None:
    lines = [
        b'\xef\xbb\xbf{"sentence": "A \\"b\\".", "label": 1, "source": "gj04"}\r',
        b"",
        b'{"label": "0", "sentence": "C\\u2028d.", "source": null}',
        b'{"label": true, "sentence": "\xe2\x80\xa8e\xc2\x85\x7f f.", "source": 7}',
        b'{"label": 0.0, "sentence": "G."}',
    ]
    expected = Split(['A "b".', "C\u2028d.", "\u2028e\x85\x7f f.", "G."], [1, 0, 1, 0], ["gj04", "", "7", ""])
    assert read(tmp_path, f"corpus.{suffix}", b"\n".join(lines)) == expected


@pytest.mark.parametrize("labels", [[1, 0], [1.0, 0.0], [True, False], ["1", " 0 "]], ids=str)
def test_parquet(tmp_path: Path, labels: list[object]) -> None:
    table = pa.table({"label": labels, "other": [8, 9], "sentence": PLAIN.sentences, "source": SOURCED.sources})
    path = tmp_path / "corpus.parquet"
    pq.write_table(table, path, row_group_size=1)
    assert read_split(path, Columns()) == SOURCED
    assert read_split(path, Columns(sentence=2, label=0, source=None)) == PLAIN


def test_parquet_with_categories(tmp_path: Path) -> None:
    path = tmp_path / "corpus.parquet"
    pq.write_table(pa.table({"sentence": pa.array(["A.", "A."]).dictionary_encode(), "label": [1, 0]}), path)
    assert read_split([path], Columns()) == Split(["A.", "A."], [1, 0], ["", ""])


def test_csv_quoting(tmp_path: Path) -> None:
    content = b'sentence,label\r\n"He said ""go"", twice.\r\nThen left.",1\r\nA 6" nail.,"0"\r\n'
    assert read(tmp_path, "corpus.csv", content).sentences == ['He said "go", twice.\r\nThen left.', 'A 6" nail.']


def test_tsv_keeps_every_character_between_its_tabs(tmp_path: Path) -> None:
    sentences = ['"Go', 'he said.""', "a\u2028b\x85c\x0bd\x0ce\rf", " spaces "]
    content = "".join(f"s\t1\t\t{sentence}\n" for sentence in sentences).encode()
    assert read(tmp_path, "corpus.tsv", content).sentences == sentences


def test_files_follow_each_other_whatever_their_formats(tmp_path: Path) -> None:
    (tmp_path / "b.tsv").write_bytes(COLA)
    (tmp_path / "a.jsonl").write_bytes(b'{"sentence": "Last.", "label": 1}\n')
    split = read_split([str(tmp_path / "b.tsv"), tmp_path / "a.jsonl"], Columns())
    assert split == Split([*PLAIN.sentences, "Last."], [1, 0, 1], ["gj04", "bc01", ""])


def test_a_named_format_wins_over_the_suffix(tmp_path: Path) -> None:
    assert read(tmp_path, "corpus.csv", COLA, file_format="tsv") == SOURCED


@pytest.mark.skipif("COLACTL_COLA" not in os.environ, reason="COLACTL_COLA names no folder with the real CoLA")
def test_real_cola() -> None:
    folder = Path(os.environ["COLACTL_COLA"])
    train = [folder / "in_domain_train.tsv"]
    validation = [folder / "in_domain_dev.tsv", folder / "out_of_domain_dev.tsv"]
    for paths, size in ((train, 8551), (validation, 527 + 516)):
        split = read_split(paths, Columns())
        assert len(split) == size
        quotes = sum(path.read_bytes().count(b'"') for path in paths)
        assert sum(sentence.count('"') for sentence in split.sentences) == quotes
        assert all(split.sources)
        assert 0.6 < sum(split.labels) / size < 0.8  # about seven in ten CoLA sentences are acceptable
