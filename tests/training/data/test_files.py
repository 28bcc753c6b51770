"""Corpus files of every format become the split that they describe; a fault is told with its file and line or row."""

from __future__ import annotations

import csv
import errno
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colactl.errors import DataError
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


GOOD = b"s\t1\t\tA.\n"
JSON = b'{"sentence": "A.", "label": 1}\n'
HEAD = b"sentence,label\n"


def failure(path: Path, columns: Columns = DEFAULT, file_format: str = "auto") -> DataError:
    with pytest.raises(DataError) as caught:
        read_split([path], columns, file_format)
    assert caught.value.exit_code == 3
    assert caught.value.hint, "an error ends in what to do next"
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith(str(path)) or f" {path}" in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("columns.tsv", GOOD + b"\n" + b"s\t1\tA.\n", ":3: 3 columns instead of 4 as on line 1"),
        ("tab.tsv", GOOD + b"s\t1\t\tA\tb.\n", ":2: 5 columns instead of 4"),
        ("label.tsv", GOOD + b"s\t2\t\tA.\n", ":2: the label '2' is not 0 or 1"),
        ("label.csv", HEAD + b"A.,1\nB.,yes\n", ":3: the label 'yes' is not 0 or 1"),
        ("digit.tsv", GOOD + "s\t\u0661\t\tA.\n".encode(), ":2: the label '\u0661' is not 0 or 1"),
        ("float.csv", HEAD + b"A.,1.0\n", ":2: the label '1.0' is not 0 or 1"),
        ("long.csv", HEAD + b"A.," + b"9" * 999 + b"\n", "9... is not 0 or 1"),
        ("sentence.tsv", GOOD + b"s\t1\t\t  \n", ":2: the sentence is empty"),
        ("sentence.csv", HEAD + b',1\n"B.",0', ":2: the sentence is empty"),
        ("latin.tsv", GOOD * 2 + b"s\t1\t\tCaf\xe9.\n", ":3: the byte 0xe9 is not UTF-8"),
        ("latin.csv", HEAD + b"Caf\xe9.,1\n", ":2: the byte 0xe9 is not UTF-8"),
        ("utf16.tsv", GOOD.decode().encode("utf-16"), ":1: the byte 0xff is not UTF-8"),
        ("bom.tsv", b"\xef\xbb\xbfs\t1\t\t\xff\n", ":1: the byte 0xff is not UTF-8"),
        ("nul.tsv", GOOD + b"s\t1\t\tA\0.\n", ":2: there is a NUL byte"),
        ("nul.csv", HEAD + b"A\0.,1\n", ":2: there is a NUL byte"),
        ("header.tsv", b"a\tb\tc\n", ":1: there is no header with 'sentence' and 'label', and the"),
        ("semicolon.csv", b"sentence;label\nA.;1\n", " the columns are not 4 or 2 but 1: 'sentence;label'"),
        ("twice.csv", b"label,sentence,label\n1,A.,0\n", ":1: two columns are called 'label'"),
        ("open.csv", HEAD + b'A.,1\n"B\n.,0\nC.,1\n', ":3: not a CSV record"),
        ("after.csv", HEAD + b'\n"A\nb.",2\n', ":3: the label '2' is not 0 or 1"),
        ("ragged.csv", HEAD + b'"A\nb.",1\nC, d.,1\n', ":4: 3 columns instead of 2 as on line 1"),
        ("huge.csv", HEAD + b'A.,1\n"' + b"b" * 200_000 + b'",0\n', ":3: not a CSV record: field larger than"),
        ("mac.csv", HEAD + b"A.,1\rB.,0\r", ":2: not a CSV record"),
        ("broken.jsonl", JSON + b'\n{"sentence": \n', ":3: not JSON"),
        (
            "digits.jsonl",
            JSON + b'{"label": ' + b"9" * 5000 + b"}\n",
            ":2: a number is too long or brackets nest too deep",
        ),
        ("deep.jsonl", JSON + b"[" * 100_000 + b"\n", ":2: a number is too long or brackets nest too deep"),
        ("array.json", b'[{"sentence": "A.", "label": 1}]\n', ":1: a JSON list, not an object"),
        (
            "key.jsonl",
            JSON + b'{"sentence": "A.", "y": 1}\n',
            ":2: there is no key 'label' among its keys 'sentence', 'y'",
        ),
        ("number.jsonl", b'{"sentence": 5, "label": 1}\n', ":1: the sentence is 5, which is no text"),
        ("null.jsonl", b'{"sentence": null, "label": 1}\n', ":1: the sentence is null, which is no text"),
        ("null_label.jsonl", b'{"sentence": "A.", "label": null}\n', ":1: the label null is not 0 or 1"),
        ("half.jsonl", b'{"sentence": "A.", "label": 0.5}\n', ":1: the label 0.5 is not 0 or 1"),
        ("list.jsonl", b'{"sentence": "A.", "label": [1]}\n', ":1: the label [1] is not 0 or 1"),
        ("surrogate.jsonl", b'{"sentence": "A\\ud800.", "label": 1}\n', ":1: 'A\\ud800.' is not valid Unicode"),
        ("nul.jsonl", JSON + b"\0\n", ":2: there is a NUL byte"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value[:15] and ":" not in value else "",
)
def test_faults_name_file_and_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = failure(path).message
    assert message in found
    assert found.startswith(f"{path}:")
    assert len(found) < len(str(path)) + 150


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *[(f"a.{suffix}", blank) for suffix in ("csv", "tsv", "jsonl") for blank in (b"", b"\n\r\n", b"\xef\xbb\xbf")],
        ("header.csv", HEAD),
        ("header.tsv", b"sentence\tlabel"),
    ],
)
def test_no_sentences(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert "holds no sentences" in failure(tmp_path / name).message


def test_an_empty_file_among_others_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(GOOD)
    (tmp_path / "b.tsv").write_bytes(b"")
    with pytest.raises(DataError, match=r"b\.tsv holds no sentences"):
        read_split([tmp_path / "a.tsv", tmp_path / "b.tsv"], Columns())


def test_no_files() -> None:
    with pytest.raises(DataError, match="names no file"):
        read_split([], Columns())


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "parquet"])
def test_unreadable(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"a.{suffix}"
    assert failure(path).message == f"there is no file {path}"
    path.mkdir()
    assert "is a directory" in failure(path).message
    path.rmdir()
    path.write_bytes(GOOD)

    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # the mode bits would not stop a test that runs as root
    assert failure(path).message == f"{path} cannot be read: Permission denied"


def test_formats(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert "tsv, csv, jsonl, parquet" in failure(path).hint
    with pytest.raises(DataError, match="no file format 'excel'"):
        read_split([path], Columns(), "excel")


@pytest.mark.parametrize("columns", [Columns(9, 0), Columns(0, -1), Columns(0, 1, 4)], ids=str)
def test_positions_beyond_the_columns(tmp_path: Path, columns: Columns) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(GOOD)
    found = failure(path, columns)
    assert f"{path}:1: there is no column" in found.message
    assert "a position from 0" in found.hint


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        (
            {"text": ["A."], "label": [1]},
            Columns(),
            ": there is no column 'sentence' among its columns 'text', 'label'",
        ),
        ({"sentence": ["A."]}, Columns(label=1), ": there is no column 1 among its columns 'sentence'"),
        ({"sentence": ["A."], "label": [1]}, Columns(source=2), ": there is no column 2 among"),
        ({"sentence": ["A.", None], "label": [1, 0]}, Columns(), ", row 2: the sentence is null, which is no text"),
        ({"sentence": ["A.", "B."], "label": [1, None]}, Columns(), ", row 2: the label null is not 0 or 1"),
        ({"sentence": ["A.", "B."], "label": [1, 2]}, Columns(), ", row 2: the label 2 is not 0 or 1"),
        ({"sentence": [b"A."], "label": [1]}, Columns(), ", row 1: the sentence is b'A.', which is no text"),
        ({"sentence": ["A.", " "], "label": [1, 0]}, Columns(), ", row 2: the sentence is empty"),
        ({"sentence": pa.array([], pa.string()), "label": pa.array([], pa.int8())}, Columns(), "holds no sentences"),
    ],
)
def test_parquet_contents(tmp_path: Path, table: dict[str, object], columns: Columns, message: str) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(table), path)
    assert message in failure(path, columns).message


def test_damaged_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    sentences = [f"Sentence {number}." for number in range(500)]
    pq.write_table(pa.table({"sentence": sentences, "label": [1] * 500}), path, compression="gzip")
    whole = path.read_bytes()
    middle = len(whole) // 4
    for damaged in (whole[:-20], b"", GOOD, whole[:middle] + b"\xff" * 64 + whole[middle + 64 :]):
        path.write_bytes(damaged)
        assert "is not a whole Parquet file" in failure(path).message


def splits(without: str) -> st.SearchStrategy[Split]:
    """Splits with no sentence empty and none of these characters, nor halves of surrogate pairs (Cs), anywhere."""
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=without), max_size=30)
    rows = st.tuples(text.filter(str.strip), st.sampled_from([0, 1]), text)
    return st.lists(rows, min_size=1, max_size=8).map(lambda found: Split(*map(list, zip(*found, strict=True))))


def rows_of(split: Split) -> list[tuple[str, int, str]]:
    return list(zip(split.sentences, split.labels, split.sources, strict=True))


def write_tsv(path: Path, split: Split) -> None:
    lines = ["sentence\tlabel\tsource", *("\t".join(map(str, row)) for row in rows_of(split))]
    path.write_bytes("\n".join(lines).encode())


def write_csv(path: Path, split: Split) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("sentence", "label", "source"), *rows_of(split)])


def write_jsonl(path: Path, split: Split) -> None:
    records = [{"sentence": sentence, "label": label, "source": source} for sentence, label, source in rows_of(split)]
    lines = [json.dumps(record, ensure_ascii=number % 2 == 0) for number, record in enumerate(records)]
    path.write_bytes("\n".join(lines).encode())


def write_parquet(path: Path, split: Split) -> None:
    columns = {"sentence": split.sentences, "label": split.labels, "source": split.sources}
    pq.write_table(pa.table(columns), path)


def survives(split: Split, suffix: str, write: Callable[[Path, Split], None]) -> bool:
    with tempfile.TemporaryDirectory() as folder:  # hypothesis would share one tmp_path among all its examples
        path = Path(folder) / f"corpus.{suffix}"
        write(path, split)
        return read_split([path], Columns()) == split


@settings(deadline=None)  # the first example imports Arrow; a shared machine's clock is no measure
@given(split=splits(without="\t\n\r\0"))
def test_tsv(split: Split) -> None:
    assert survives(split, "tsv", write_tsv)


@pytest.mark.parametrize(("suffix", "write"), [("csv", write_csv), ("jsonl", write_jsonl), ("parquet", write_parquet)])
@settings(deadline=None)
@given(split=splits(without="\0"))
def test_any_text(split: Split, suffix: str, write: Callable[[Path, Split], None]) -> None:
    assert survives(split, suffix, write)
