"""Any corpus that a format can hold comes back from it as it was."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colactl.training.data.files import Columns, read_split
from colactl.training.data.split import Split


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
