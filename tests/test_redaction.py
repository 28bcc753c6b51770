"""No secret of the environment gets into what is written, whoever quotes it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from colactl.errors import TrainingError
from colactl.redaction import redacted, secret_in
from colactl.runs.create import create

CANARY = 'hf_"canary"'


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", CANARY)
    monkeypatch.setenv("HF_TOKEN_OLD", CANARY + "2")
    monkeypatch.setenv("USE_TOKEN", "1")
    monkeypatch.setenv("MAX_TOKENS", "a thousand")


def test_only_whole_words_name_a_secret() -> None:
    assert secret_in(f"https://{CANARY}@hub") == "HF_TOKEN"
    assert secret_in("1 of a thousand") is None


def test_a_secret_that_begins_like_another_leaves_no_rest() -> None:
    assert redacted(f"{CANARY}2 {CANARY}") == "*** ***"


def test_a_failed_run_keeps_no_secret(tmp_path: Path) -> None:
    run = create(tmp_path / "run")
    run.write_provenance({"command": ["colactl", f"model.name={CANARY}"]})
    with pytest.raises(TrainingError), run.recording():
        raise TrainingError(f"no {CANARY} there")
    assert "model.name=***" in (run.folder / "provenance.json").read_text()
    for file in run.folder.iterdir():
        assert "canary" not in file.read_text(), file.name


def test_a_library_that_quotes_one_is_blotted_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from colactl.training.log import log_to

    with log_to(tmp_path / "train.log"):
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("transformers").exception("with %s", CANARY)
    told = capsys.readouterr().err
    assert "canary" not in told + (tmp_path / "train.log").read_text()
    assert "with ***" in told
