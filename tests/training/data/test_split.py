"""A split's fingerprint: equal for equal content, different for any other."""

from __future__ import annotations

import subprocess
import sys

import pytest

from colactl.training.data.split import Split

SPLIT = Split(["Herman hammered the metal flat.", "Herman hammered."], [1, 0], ["a", "b"])


def test_length_is_the_number_of_sentences() -> None:
    assert len(SPLIT) == 2
    assert len(Split([], [], [])) == 0


def test_fingerprint_depends_on_content_only() -> None:
    again = Split(list(SPLIT.sentences), list(SPLIT.labels), list(SPLIT.sources))
    assert again.fingerprint() == SPLIT.fingerprint()
    assert len(SPLIT.fingerprint()) == 64


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Split(["a", "b"], [1, 0], ["", ""]), Split(["b", "a"], [0, 1], ["", ""])),
        (Split(["a"], [1], [""]), Split(["a"], [0], [""])),
        (Split(["a"], [1], ["b"]), Split(["ab"], [1], [""])),
        (Split(["a"], [1], [""]), Split([""], [1], ["a"])),
        (Split(["a", "b"], [1, 1], ["", ""]), Split(["a1 1 0\nb"], [1], [""])),
    ],
    ids=["order", "label", "boundary to source", "field", "boundary to next sentence"],
)
def test_fingerprints_differ(one: Split, other: Split) -> None:
    assert one.fingerprint() != other.fingerprint()


def test_lists_of_unequal_length_have_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Split(["a", "b"], [1, 0], ["x"]).fingerprint()


def test_import_is_light() -> None:
    heavy = "{'torch', 'datasets', 'pyarrow', 'transformers'}"
    modules = "colactl.training.data.split, colactl.training.data.files"
    code = f"import sys, {modules}; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
